/**
 * What runs inside, next to the command, where it has a network: it takes connections at addresses of its own loopback and
 * hands each on to a socket that the runner listens on. Arguments are `address=port=socket`. Perl's starts in a sixth of the
 * time of Node's and takes an eighth of its memory; where there is no perl, node is, because the runner runs by it.
 *
 * One process for each direction of a connection: two that wait for each other to read could wait forever.
 */
export const perlBridge = `use strict;
use IO::Socket::INET;
use IO::Socket::UNIX;
use IO::Select;
my (%socket, $listening);
$listening = IO::Select->new;
for (@ARGV) {
  my ($address, $port, $socket) = split /=/, $_, 3;
  my $listener = IO::Socket::INET->new(LocalAddr => $address, LocalPort => $port, Listen => 128, ReuseAddr => 1) or exit 1;
  $socket{$listener} = $socket;
  $listening->add($listener);
}
exit 0 if fork;
$SIG{CHLD} = "IGNORE";
sub hand_on {
  my ($from, $to) = @_;
  while (sysread $from, my $data, 65536) {
    my $written = 0;
    while ($written < length $data) {
      my $count = syswrite $to, $data, length($data) - $written, $written;
      exit 1 unless $count;
      $written += $count;
    }
  }
  shutdown $to, 1;
  exit 0;
}
while (1) {
  for my $listener ($listening->can_read) {
    my $near = $listener->accept or next;
    my $far = IO::Socket::UNIX->new(Peer => $socket{$listener}) or next;
    for ([$near, $far], [$far, $near]) {
      my $child = fork;
      hand_on(@$_) if defined $child && $child == 0;
    }
  }
}
`;

export const nodeBridge = `const net = require("node:net");
const wanted = process.argv.slice(2).map((argument) => argument.split("="));
const left = new Set(wanted);
for (const one of wanted) {
  const [address, port, socket] = one;
  const server = net.createServer({ allowHalfOpen: true }, (near) => {
    const far = net.connect({ path: socket, allowHalfOpen: true });
    near.on("error", () => far.destroy());
    far.on("error", () => near.destroy());
    near.pipe(far);
    far.pipe(near);
  });
  server.on("error", () => process.exit(1));
  server.listen(Number(port), address, () => {
    left.delete(one);
    if (left.size === 0) process.stdout.write("ready\\n");
  });
}
`;
