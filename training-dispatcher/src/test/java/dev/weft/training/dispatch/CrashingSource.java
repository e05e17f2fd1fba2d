package dev.weft.training.dispatch;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import javax.sql.DataSource;

/** A data source of which something can happen before and after each commit. */
final class CrashingSource {

    private final DataSource plain;
    Runnable interference = () -> {};

    CrashingSource(DataSource plain) {
        this.plain = plain;
    }

    DataSource plain() {
        return plain;
    }

    DataSource crashing() {
        return (DataSource) Proxy.newProxyInstance(
                getClass().getClassLoader(), new Class<?>[] {DataSource.class}, (_, method, arguments) -> {
                    Object result = invoke(plain, method, arguments);
                    return result instanceof Connection connection ? wrap(connection) : result;
                });
    }

    private Connection wrap(Connection connection) {
        return (Connection) Proxy.newProxyInstance(
                getClass().getClassLoader(), new Class<?>[] {Connection.class}, (_, method, arguments) -> {
                    boolean commit = method.getName().equals("commit");
                    if (commit) {
                        interference.run();
                    }
                    Object result = invoke(connection, method, arguments);
                    if (commit) {
                        interference.run();
                    }
                    return result;
                });
    }

    private static Object invoke(Object target, java.lang.reflect.Method method, Object[] arguments) throws Throwable {
        try {
            return method.invoke(target, arguments);
        } catch (InvocationTargetException e) {
            throw e.getTargetException();
        }
    }
}
