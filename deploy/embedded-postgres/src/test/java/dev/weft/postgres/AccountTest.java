package dev.weft.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class AccountTest {

    @Test
    void commandIsRunWithTheAccountsRights() {
        assertThat(new Account.Own().prefix()).isEmpty();
        assertThat(new Account.UserNamespace().prefix()).containsExactly("unshare", "--user");
        assertThat(new Account.Other(70).prefix())
                .containsExactly("setpriv", "--reuid=70", "--regid=70", "--clear-groups");
    }

    @Test
    void archiveIsTheMachines() {
        assertThat(PostgresBinaries.archive("Linux", "amd64")).isEqualTo("/postgres-linux-x86_64.txz");
        assertThat(PostgresBinaries.archive("Linux", "aarch64")).isEqualTo("/postgres-linux-arm_64.txz");
        assertThat(PostgresBinaries.archive("Mac OS X", "aarch64")).isEqualTo("/postgres-darwin-arm_64.txz");
    }
}
