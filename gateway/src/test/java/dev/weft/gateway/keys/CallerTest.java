package dev.weft.gateway.keys;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.weft.kit.error.Failure.InvalidArgument;
import dev.weft.kit.error.Failure.PermissionDenied;
import dev.weft.kit.identity.AllowedModels;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CallerTest {

    private static Caller caller(Scope scope, String... models) {
        return new Caller("k7", "risk team", Set.of(scope), new AllowedModels(List.of(models)));
    }

    @Test
    void adminMayDoEverythingAndOthersOnlyTheirs() {
        assertThat(Scope.values()).allMatch(caller(Scope.ADMIN)::may);
        assertThat(Scope.values()).filteredOn(caller(Scope.EMBED)::may).containsExactly(Scope.EMBED);
    }

    @Test
    void callerWithoutAListMayAskEveryModel() {
        caller(Scope.INFER).models().require("intent");
    }

    @Test
    void callerWithAListMayAskItsNamesAndBeginnings() {
        Caller caller = caller(Scope.INFER, "intent", "bge-*");

        caller.models().require("intent");
        caller.models().require("bge-small");
        caller.models().require("bge-");
        for (String other : List.of("intent2", "inten", "bge", "my-bge-small", "")) {
            assertThatThrownBy(() -> caller.models().require(other))
                    .isInstanceOf(PermissionDenied.class)
                    .hasMessageContaining("[intent, bge-*]");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "a*b", "**"})
    void patternOfAnotherFormIsRefused(String pattern) {
        assertThatThrownBy(() -> caller(Scope.INFER, pattern))
                .isInstanceOf(InvalidArgument.class)
                .hasMessageStartingWith("models: '" + pattern + "'");
    }

    @Test
    void scopeIsReadByItsNameInLowerCase() {
        assertThat(Scope.of("embed")).isEqualTo(Scope.EMBED);
        assertThatThrownBy(() -> Scope.of("ADMIN"))
                .isInstanceOf(InvalidArgument.class)
                .hasMessageContaining("[infer, embed, train, publish, admin]");
    }
}
