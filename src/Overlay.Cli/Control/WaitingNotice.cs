namespace Overlay.Cli.Control;

/// <summary>
/// Says on a terminal, after a moment, that an answer is being waited for; the line is gone when the answer is there.
/// In a pipe nobody reads it: then there is none (null).
/// </summary>
internal sealed class WaitingNotice(TextWriter terminal, TimeProvider time)
{
    private static readonly TimeSpan Moment = TimeSpan.FromSeconds(1);

    public async Task<T> While<T>(Task<T> answer)
    {
        var start = time.GetTimestamp();
        var shown = false;
        await using var timer = time.CreateTimer(_ => Show(), null, Moment, Moment);
        try
        {
            return await answer;
        }
        finally
        {
            await timer.DisposeAsync();
            if (shown)
                Write("\r\u001b[K");
        }

        void Show()
        {
            shown = true;
            Write($"\rwaiting for the cluster: {time.GetElapsedTime(start).TotalSeconds:0} s ");
        }
    }

    private void Write(string text)
    {
        terminal.Write(text);
        terminal.Flush();
    }
}
