package dev.weft.training.dispatch;

import dev.weft.training.backend.TrainingBackend;
import dev.weft.training.job.JobFixture;
import dev.weft.training.job.JobId;
import dev.weft.training.job.JobState;
import dev.weft.training.job.JobSteps.Held;
import dev.weft.training.publish.ModelPublisher;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The dispatcher's parts, wired by hand; each object is one dispatcher. */
final class TestDispatch {

    private static final Map<String, String> QUICK = Map.of(
            "weft.training.dispatch.interval", "10ms",
            "weft.training.dispatch.poll-interval", "20ms",
            "weft.training.dispatch.first-backoff", "2ms",
            "weft.training.dispatch.longest-backoff", "10ms",
            "weft.training.dispatch.scratch-folder", "target/scratch");

    final JobFixture fixture;
    final DispatchConfig config;
    final Backends backends;
    final JobStepper stepper;
    final JobChanges changes = new JobChanges();

    TestDispatch(JobFixture fixture, TrainingBackend backend, Optional<ModelPublisher> publisher) {
        this(fixture, List.of(backend), publisher, Map.of());
    }

    TestDispatch(
            JobFixture fixture,
            List<TrainingBackend> all,
            Optional<ModelPublisher> publisher,
            Map<String, String> settings) {
        Map<String, String> merged = new HashMap<>(QUICK);
        merged.putAll(settings);
        this.fixture = fixture;
        this.config = JobFixture.config(DispatchConfig.class, merged);
        this.backends = new Backends(all);
        this.stepper = new JobStepper(
                fixture.steps, fixture.jobs, backends, new Publishing(publisher, config), config, fixture.config);
    }

    Reconciler reconciler() {
        return new Reconciler(fixture.leases, fixture.steps, stepper, backends, changes, config);
    }

    Housekeeping housekeeping() {
        return new Housekeeping(backends, fixture.sites, fixture.jobs, config);
    }

    /** Takes one step with every job that can be claimed now; the number of them. */
    int stepAll() {
        List<Held> held = new ArrayList<>(fixture.claimActive(backends.site()));
        for (TrainingBackend backend : backends.all()) {
            var queued = fixture.leases.queued(backend.name());
            queued.claim(100).forEach(lease -> held.add(new Held(queued, lease)));
        }
        for (Held one : held) {
            // Whoever dies in a step gives nothing back.
            stepper.step(one);
            one.lease().close();
        }
        return held.size();
    }

    JobState state(JobId job) {
        return fixture.jobs.get(job).state();
    }
}
