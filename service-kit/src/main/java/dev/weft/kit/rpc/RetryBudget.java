package dev.weft.kit.rpc;

import java.util.concurrent.atomic.AtomicLong;

/**
 * How many calls may be made once more: a tenth of all calls, and a few besides, so that a quiet service may too. When whoever is asked is in
 * trouble, trying again only makes it worse. Thread-safe.
 *
 * @see <a href="https://finagle.github.io/blog/2016/02/08/retry-budgets/">Finagle: Retry Budgets</a>
 */
public final class RetryBudget {

    private static final long RETRY = 10;
    private static final long MOST = 100 * RETRY;

    private final AtomicLong balance = new AtomicLong(MOST);

    /** A call is made for the first time. */
    public void deposit() {
        if (balance.get() < MOST) {
            balance.incrementAndGet();
        }
    }

    /** True when a call may be made once more. */
    public boolean withdraw() {
        if (balance.addAndGet(-RETRY) >= 0) {
            return true;
        }
        balance.addAndGet(RETRY);
        return false;
    }
}
