using System.Diagnostics.Metrics;
using Overlay.Agent.Apply;

namespace Overlay.Agent;

/// <summary>Meter <c>Overlay.Agent</c>.</summary>
internal sealed class AgentMetrics : IDisposable
{
    public const string MeterName = "Overlay.Agent";

    private readonly Meter _meter = new(MeterName);
    private readonly Histogram<double> _duration;
    private readonly Counter<long> _repaired;
    private long _driftRepaired;

    public AgentMetrics()
    {
        _duration = _meter.CreateHistogram<double>("overlay.agent.apply.duration", "s", "Time of one pass from view to kernel.");
        _repaired = _meter.CreateCounter<long>("overlay.agent.drift.repaired", null, "Writes that put back what something else had changed.");
    }

    public long DriftRepaired => Interlocked.Read(ref _driftRepaired);

    public void Observe(Func<AppliedState> applied, Func<View.HostView> view) =>
        _meter.CreateObservableGauge(
            "overlay.agent.revisions.behind",
            () => view().Revisions.Sum(r => (long)(r.Value - Math.Min(r.Value, applied().RevisionOf(r.Key)))),
            null,
            "Revisions pulled and not yet applied.");

    public void Passed(TimeSpan duration, int repaired)
    {
        _duration.Record(duration.TotalSeconds);
        if (repaired == 0)
            return;
        _repaired.Add(repaired);
        Interlocked.Add(ref _driftRepaired, repaired);
    }

    public void Dispose() => _meter.Dispose();
}
