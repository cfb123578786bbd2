using System.Text;

namespace Overlay.Lab.Supervision;

/// <summary>One datagram of sd_notify(3): lines of NAME=VALUE; unknown names are nobody's fault.</summary>
internal sealed record NotifyMessage(bool Ready, bool Stopping, string? Status, bool Store, bool Remove, string Name)
{
    // sd_pid_notify_with_fds(3): this is what descriptors without a name are called.
    public const string DefaultName = "stored";
    private const int MaxNameLength = 255;

    public static NotifyMessage Parse(ReadOnlySpan<byte> datagram)
    {
        var values = new Dictionary<string, string>();
        foreach (var line in Encoding.UTF8.GetString(datagram).Split('\n'))
        {
            var equals = line.IndexOf('=');
            if (equals > 0)
            {
                values[line[..equals]] = line[(equals + 1)..];
            }
        }
        return new NotifyMessage(
            Is("READY"), Is("STOPPING"), values.GetValueOrDefault("STATUS"), Is("FDSTORE"), Is("FDSTOREREMOVE"),
            values.GetValueOrDefault("FDNAME") is { } name && IsName(name) ? name : DefaultName);

        bool Is(string name) => values.GetValueOrDefault(name) == "1";
    }

    private static bool IsName(string name) =>
        name.Length is > 0 and <= MaxNameLength && name.All(c => c is > ' ' and < (char)127 and not ':');
}
