import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.lang.reflect.Constructor;
import java.lang.reflect.Method;
import java.nio.charset.StandardCharsets;
import java.util.Base64;

/**
 * Runs the vectors through Google's OAuth client library.
 *
 * <p>Reads cases on standard input, writes one line per verdict; see table.py.
 */
public final class Adapter {
    private interface Derivation {
        String challenge(String verifier) throws Exception;
    }

    /** The library has no public function for a given verifier, so its private one is called. */
    private static Derivation ofGoogle() throws Exception {
        Class<?> pkce = Class.forName("com.google.api.client.auth.oauth2.AuthorizationCodeFlow$PKCE");
        Constructor<?> constructor = pkce.getDeclaredConstructor();
        Method derive = pkce.getDeclaredMethod("generateChallenge", String.class);
        Method get = pkce.getDeclaredMethod("getChallenge");
        for (var member : new java.lang.reflect.AccessibleObject[] {constructor, derive, get}) {
            member.setAccessible(true);
        }
        return verifier -> {
            Object instance = constructor.newInstance();
            derive.invoke(instance, verifier);
            return (String) get.invoke(instance);
        };
    }

    private static String decode(String field) {
        return new String(Base64.getDecoder().decode(field.substring(1)), StandardCharsets.UTF_8);
    }

    public static void main(String[] arguments) throws Exception {
        Derivation derivation = ofGoogle();
        var input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
        for (String line = input.readLine(); line != null; line = input.readLine()) {
            String[] fields = line.split("\t", -1);
            if (!fields[1].equals("pairs") || !decode(fields[2]).equals("S256")) {
                continue;
            }
            String verdict;
            try {
                verdict = derivation.challenge(decode(fields[3])).equals(decode(fields[4])) ? "yes" : "no";
            } catch (Exception exception) {
                verdict = "crash\t" + exception.getClass().getSimpleName();
            }
            System.out.println(fields[0] + "\t" + verdict);
        }
    }
}
