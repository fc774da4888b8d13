#!/usr/bin/perl
# Reads the fenced blocks of a document, and compares what commands printed with what a document says they print.
#
#   blocks.pl kinds FILE             the kinds of block in it, in order: session, output, console, synopsis, other
#   blocks.pl session FILE           the text of its ```sh blocks, one after the other: one session
#   blocks.pl output FILE            what that session prints: its blocks under <!-- output -->
#   blocks.pl console FILE N         of the N-th ```console block, counted from 0: its commands, each behind a NUL
#   blocks.pl printed FILE N         and what follows them
#   blocks.pl synopsis FILE          of blocks under <!-- not run: synopsis -->: "--option PROGRAM VERB…" a line
#   blocks.pl compare EXPECTED REAL  0 when the text of REAL is that of EXPECTED
#
# In what is expected, … stands for any text within a line, and alone in a line for any lines.
# docs/README.md says which blocks are run; Tests/RepositoryTests/DocumentTests.swift, that no command is left out.
use strict;
use warnings;
use utf8;
use open qw(:std :encoding(UTF-8));

sub slurp {
    my ($path) = @_;
    open(my $file, "<", $path) or die "blocks.pl: $path: $!\n";
    local $/;
    my $text = <$file>;
    return defined $text ? $text : "";
}

# Every block as [kind, text], without the indentation of its fence: a list's blocks are indented.
sub blocks {
    my ($path) = @_;
    my (@blocks, $open, $note, $indent);
    for my $line (split /^/, slurp($path)) {
        if (defined $open) {
            if ($line =~ /^\s*```\s*$/) { push @blocks, $open; undef $open; $note = ""; }
            else { $open->[1] .= $line =~ s/^ {0,$indent}//r; }
        } elsif ($line =~ /^( *)```\s*(\S*)/) {
            $indent = length $1;
            $open = [kind($2, $note // ""), ""];
        } elsif ($line =~ /^\s*<!-- (.*) -->\s*$/) {
            $note = $1;
        } elsif ($line =~ /\S/) {
            $note = "";
        }
    }
    die "blocks.pl: $path: a block has no end\n" if defined $open;
    return @blocks;
}

sub kind {
    my ($language, $note) = @_;
    return "output" if $note eq "output";
    return $note eq "not run: synopsis" ? "synopsis" : "excused" if $note =~ /^not run: /;
    return "session" if $language eq "sh";
    return $language eq "console" ? "console" : "other";
}

sub of_kind {
    my ($kind, $path) = @_;
    return map { $_->[1] } grep { $_->[0] eq $kind } blocks($path);
}

sub options {
    my ($path) = @_;
    my ($program, @found) = ("");
    for my $line (map { split /\n/ } of_kind("synopsis", $path)) {
        $program = $1 if $line =~ /^\s*([a-z][\w\/-]*(?: [a-z][a-z-]*)*)(?= |$)/;
        push @found, "$1 $program" while $line =~ /(--[a-z][a-z-]*)/g;
    }
    return @found;
}

# Without empty lines, and with one blank for several: how wide a column is says nothing.
sub plain {
    my @lines = grep { /\S/ } split /\n/, slurp($_[0]);
    return join "", map { s/\s+$//r =~ s/[ \t]+/ /gr . "\n" } @lines;
}

sub pattern {
    my @lines = split /\n/, $_[0];
    my $pattern = join "", map {
        my $line = $_;
        $line eq "…" ? "(?:.*\\n)*?" : join(".*?", map { quotemeta } split /…/, $line, -1) . "\\n";
    } @lines;
    return qr/\A$pattern\z/;
}

my ($verb, $path, $argument) = @ARGV;
die "blocks.pl: a verb and a file are needed\n" unless defined $path;
if ($verb eq "kinds") {
    print "$_->[0]\n" for blocks($path);
} elsif ($verb eq "session" or $verb eq "output") {
    print of_kind($verb, $path);
} elsif ($verb eq "console") {
    print "$_\0" for map { /^\$ (.*)/ ? $1 : () } split /\n/, (of_kind("console", $path))[$argument];
} elsif ($verb eq "printed") {
    print grep { !/^\$ / && !/^\s*$/ } split /^/, (of_kind("console", $path))[$argument];
} elsif ($verb eq "synopsis") {
    print "$_\n" for options($path);
} elsif ($verb eq "compare") {
    exit(plain($argument) =~ pattern(plain($path)) ? 0 : 1);
} else {
    die "blocks.pl: there is no verb $verb\n";
}
