namespace Overlay.Node.Hosting;

/// <summary>Says a thing once, and again only when it has changed or after a while: a log is read by people.</summary>
internal sealed class Complaint(TimeProvider time, TimeSpan again)
{
    private string? _last;
    private long _since;

    public bool IsNew(string reason)
    {
        if (reason == _last && time.GetElapsedTime(_since) < again)
            return false;
        _last = reason;
        _since = time.GetTimestamp();
        return true;
    }
}
