using Overlay.Core.Names;

namespace Overlay.Agent.Names;

/// <summary>The host's own resolver settings, followed when its files change.</summary>
internal sealed class HostResolver(AgentOptions options)
{
    private (DateTime, DateTime) _stamp;
    private ResolvConf _current = ResolvConf.Empty;

    public ResolvConf Current => _current;

    /// <summary>Looks at the files' times; true when the settings have changed.</summary>
    public bool Refresh()
    {
        var stamp = (File.GetLastWriteTimeUtc(options.ResolvConf), File.GetLastWriteTimeUtc(options.ResolvedConf));
        if (stamp == _stamp)
            return false;
        _stamp = stamp;
        var before = _current;
        _current = ResolvConf.OfHost(Read(options.ResolvConf) ?? "", Read(options.ResolvedConf));
        return before.Render() != _current.Render();
    }

    private static string? Read(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
