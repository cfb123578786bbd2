namespace Overlay.Grains.Sandboxes;

/// <summary>
/// What takes back the steps done so far, last one first. Each is tried, whatever became of the others: a later audit
/// finds what could not be taken back.
/// </summary>
internal sealed class Compensation
{
    private readonly Stack<Func<Task>> _steps = new();

    public void Add(Func<Task> step) => _steps.Push(step);

    /// <summary>Returns what went wrong.</summary>
    public async Task<IReadOnlyList<Exception>> Run()
    {
        var errors = new List<Exception>();
        while (_steps.TryPop(out var step))
        {
            try
            {
                await step().ConfigureAwait(true);
            }
            catch (Exception error)
            {
                errors.Add(error);
            }
        }
        return errors;
    }
}
