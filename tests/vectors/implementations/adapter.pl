# Runs the vectors through LemonLDAP::NG (`LemonLDAP`), the method of its portal that checks a code_verifier, or
# through Perl's core modules (`core`).
#
# Reads cases on standard input, writes one line per verdict; see table.py.

use strict;
use warnings;
use Digest::SHA qw(sha256);
use MIME::Base64 qw(decode_base64 encode_base64url);

# The portal loads modules that the check does not use. Those that are not installed are left empty.
BEGIN {
    if ( $ARGV[0] eq 'LemonLDAP' ) {
        push @INC, sub {
            my ( undef, $file ) = @_;
            ( my $package = $file ) =~ s{/}{::}g;
            $package =~ s/\.pm$//;
            my $source = "package $package; sub import {} 1;";
            open my $handle, '<', \$source or die;
            return $handle;
        };
    }
}

{
    package Quiet;
    sub new   { return bless {}, shift }
    sub debug { }
    sub error { }
}

my $lemonldap;
if ( $ARGV[0] eq 'LemonLDAP' ) {
    require Lemonldap::NG::Portal::Lib::OpenIDConnect;
    # Instead of the portal, which needs a configuration.
    $lemonldap = bless { logger => Quiet->new }, 'Portal';
    @Portal::ISA = ('Lemonldap::NG::Portal::Lib::OpenIDConnect');
    no warnings 'once';
    *Portal::logger = sub { $_[0]{logger} };
}

sub matches {
    my ( $method, $verifier, $challenge ) = @_;
    return $lemonldap->validatePKCEChallenge( $verifier, $challenge, $method ) if $lemonldap;
    return $challenge eq ( $method eq 'S256' ? encode_base64url( sha256($verifier) ) : $verifier );
}

while ( my $line = <STDIN> ) {
    chomp $line;
    my ( $id, $group, @fields ) = split /\t/, $line, -1;
    next if $group ne 'pairs';
    # As CGI parameters are: octets, not characters.
    my @values = map { decode_base64( substr $_, 1 ) } @fields;
    my $matches = eval { matches(@values) ? 'yes' : 'no' };
    print "$id\t", $matches // "crash\t" . ( split /\n/, $@ )[0], "\n";
}
