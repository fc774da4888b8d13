# shellcheck shell=bash
# Stand-ins for the wallet's executables, so that the tests of deploy need no build: they read the same environment,
# listen where they are told, and become ready as the real ones do.

write_stand_ins() { # FOLDER
    mkdir -p -- "$1"
    printf '#!/bin/sh\necho "walletctl $*"\n' >"$1/walletctl"
    # The demo's stand-in never ends: the tests interrupt it.
    printf '#!/bin/sh\necho playing\nexec sleep 600\n' >"$1/wallet-demo"
    cat >"$1/wallet-fleet" <<'FLEET'
#!/usr/bin/perl
# Ready at once, and then at work until told to stop.
open(my $ready, ">", $ENV{WALLET_READY_FILE}) or die "ready file: $!\n";
close $ready;
sleep 60 while 1;
FLEET
    cat >"$1/wallet-sandbox" <<'HTTP'
#!/usr/bin/perl
# Answers 200 to anything, on the port meant for the executable this stands in for.
use IO::Socket::INET;
my ($folder) = $0 =~ m{(.*)/};
my $port = $0 =~ /ingress/ ? $ENV{WALLET_HTTP_PORT} : $ENV{WALLET_SANDBOX_PORT};
my $address = -e "$folder/listen-everywhere" ? "0.0.0.0" : "127.0.0.1";
my $listener = IO::Socket::INET->new(LocalAddr => $address, LocalPort => $port, Listen => 5, ReuseAddr => 1)
    or die "port $port: $!\n";
while (my $client = $listener->accept) {
    while (defined(my $line = <$client>)) { last if $line =~ /^\r?\n/ }
    print $client "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    close $client;
}
HTTP
    cp -- "$1/wallet-sandbox" "$1/wallet-ingress"
    chmod +x "$1"/wallet*
}
