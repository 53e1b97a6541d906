# Runs the vectors through LemonLDAP::NG: the method of its portal that checks a code_verifier.
#
# Reads cases on standard input, writes one line per verdict; see table.py.

use strict;
use warnings;
use MIME::Base64 qw(decode_base64);

# The portal loads modules that the check does not use. Those that are not installed are left empty.
BEGIN {
    push @INC, sub {
        my ( undef, $file ) = @_;
        ( my $package = $file ) =~ s{/}{::}g;
        $package =~ s/\.pm$//;
        my $source = "package $package; sub import {} 1;";
        open my $handle, '<', \$source or die;
        return $handle;
    };
}

{
    package Quiet;
    sub new   { return bless {}, shift }
    sub debug { }
    sub error { }
}

require Lemonldap::NG::Portal::Lib::OpenIDConnect;
# Instead of the portal, which needs a configuration.
my $lemonldap = bless { logger => Quiet->new }, 'Portal';
@Portal::ISA = ('Lemonldap::NG::Portal::Lib::OpenIDConnect');
no warnings 'once';
*Portal::logger = sub { $_[0]{logger} };

while ( my $line = <STDIN> ) {
    chomp $line;
    my ( $id, $group, @fields ) = split /\t/, $line, -1;
    next if $group ne 'pairs';
    # As CGI parameters are: octets, not characters.
    my ( $method, $verifier, $challenge ) = map { decode_base64( substr $_, 1 ) } @fields;
    my $matches = eval { $lemonldap->validatePKCEChallenge( $verifier, $challenge, $method ) ? 'yes' : 'no' };
    print "$id\t", $matches // "crash\t" . ( split /\n/, $@ )[0], "\n";
}
