using Overlay.Contracts.Errors;
using Overlay.Core;

namespace Overlay.Cli.App;

/// <summary>A verb over several names, as Docker does it: each refusal is told, the rest goes on, the status is 1.</summary>
internal static class ForEach
{
    public static async Task<int> DoAsync(Invocation invocation, IReadOnlyList<string> names, Func<string, Task> work)
    {
        var status = ExitStatus.Done;
        foreach (var name in names)
        {
            try
            {
                await work(name);
            }
            catch (Exception refused) when (names.Count > 1 && IsOfThisNameOnly(refused))
            {
                invocation.Print.Error(refused);
                status = ExitStatus.Failed;
            }
        }
        return status;
    }

    // Without a cluster, or after the deadline, the next name would only fail the same way.
    private static bool IsOfThisNameOnly(Exception error) =>
        error is OverlayException { Code: not ErrorCodes.StoreUnavailable }
        || error is RefusalException { Code: not (ErrorCodes.Unreachable or ErrorCodes.Deadline) };
}
