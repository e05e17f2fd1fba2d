package dev.weft.embedding.batch;

import io.smallrye.config.SmallRyeConfigBuilder;
import io.smallrye.config.validator.BeanValidationConfigValidatorImpl;

/** The batches' configuration, as it would be read. */
final class TestBatchConfig {

    private TestBatchConfig() {}

    /** The defaults but for some values: name, value, name, value. */
    static BatchConfig with(String... values) {
        SmallRyeConfigBuilder builder = new SmallRyeConfigBuilder()
                .addDiscoveredConverters()
                .withMapping(BatchConfig.class)
                .withValidator(new BeanValidationConfigValidatorImpl());
        for (int i = 0; i < values.length; i += 2) {
            builder.withDefaultValue("weft.embedding.batch." + values[i], values[i + 1]);
        }
        return builder.build().getConfigMapping(BatchConfig.class);
    }
}
