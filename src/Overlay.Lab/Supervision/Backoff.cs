namespace Overlay.Lab.Supervision;

/// <summary>How long to wait before the next start: doubles from a tenth of a second to five, and forgets after a good run.</summary>
internal sealed class Backoff
{
    private static readonly TimeSpan First = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan GoodRun = TimeSpan.FromSeconds(10);

    private TimeSpan _next = First;

    public TimeSpan After(TimeSpan run)
    {
        var wait = run >= GoodRun ? First : _next;
        _next = wait * 2 < Longest ? wait * 2 : Longest;
        return wait;
    }
}
