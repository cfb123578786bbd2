using System.Reflection;
using System.Text;

namespace Overlay.Node.Configuration;

internal static class Help
{
    /// <summary>Version and, after a plus, the first digits of the commit: 0.1.0+801ffe30e930.</summary>
    public static string Version { get; } = Shorten(
        typeof(Help).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion);

    private static string Shorten(string version) =>
        version.IndexOf('+') is var plus and >= 0 ? version[..Math.Min(version.Length, plus + 13)] : version;

    public static string Text()
    {
        var text = new StringBuilder("""
            overlayd: the host's part of an Overlay cluster: control plane, agent and DNS in one process.

            Usage: overlayd --redis HOST:PORT --tunnel-address IP [--certificates DIR] [setting]…
                   overlayd --help | --version

            Each setting is a flag (--silo-address X), an environment variable (OVERLAY_SILO_ADDRESS=X) or a key of the
            configuration file ("silo-address": "X"); a flag beats the environment, which beats the file.

            Settings:

            """);
        var width = Setting.All.Max(setting => setting.Flag.Length + setting.Value.Length) + 3;
        foreach (var setting in Setting.All)
        {
            text.Append("  ").Append($"{setting.Flag} {setting.Value}".PadRight(width)).Append(setting.Help);
            if (setting.Default.Length > 0)
                text.Append(" [").Append(setting.Default).Append(']');
            text.Append('\n');
        }
        return text.Append("""

            Telemetry: traces and metrics go to OTEL_EXPORTER_OTLP_ENDPOINT when that is set. Log: OVERLAY_LOG=debug|info|warning.
            Exit status: 0 stopped, 1 cannot run here, 2 wrong configuration.

            """).ToString();
    }
}
