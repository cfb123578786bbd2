using System.Diagnostics;
using Overlay.Contracts.Grains;

namespace Overlay.Benchmarks.Control;

internal sealed class NetworkMeasures(BenchmarkWorld world, int samples)
{
    /// <summary>Returns the creations; both lists are filled, in milliseconds.</summary>
    public async Task<Samples> CreateAndDeleteAsync(List<double> create, List<double> delete)
    {
        for (var i = 0; i < samples; i++)
        {
            var start = Stopwatch.GetTimestamp();
            var network = await world.Catalog.CreateNetwork(Guid.CreateVersion7(), new CreateNetwork { Name = world.Name($"made{i}") });
            create.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
            start = Stopwatch.GetTimestamp();
            await world.Catalog.RemoveNetwork(Guid.CreateVersion7(), network.Id.ToString(), force: false);
            delete.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
        }
        return new Samples(create);
    }
}
