using Xunit;

namespace Overlay.Lab.Tests;

public sealed class LabLockTests
{
    [Fact]
    public async Task Take_ByManyWhileTheDirectoryComesAndGoes_IsOneAtATime_AndLeavesNothing()
    {
        var directory = Path.Combine(Path.GetTempPath(), $"overlay-lock-{Guid.NewGuid():N}");
        var path = Path.Combine(directory, "lock");
        var inside = 0;
        var most = 0;
        await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => Task.Run(async () =>
        {
            for (var i = 0; i < 30; i++)
            {
                using var held = await LabLock.TakeAsync(path, "another task", CancellationToken.None);
                most = Math.Max(most, Interlocked.Increment(ref inside));
                await Task.Yield();
                Interlocked.Decrement(ref inside);
            }
        })));
        Assert.Equal(1, most);
        Assert.False(Directory.Exists(directory));
    }
}
