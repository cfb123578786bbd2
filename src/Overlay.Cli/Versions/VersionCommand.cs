using System.Reflection;
using System.Runtime.InteropServices;
using Overlay.Cli.App;
using Overlay.Cli.Output;

namespace Overlay.Cli.Versions;

internal sealed record VersionView(string Version, string? Commit, string Runtime, string Os, string Architecture);

internal static class VersionCommand
{
    public static Verb Create(CliEnvironment environment) =>
        new Verb("version", "Show the version of this program", "overlay version", "overlay version --format '{{.Version}}'")
            .Does(environment, (invocation, _) =>
            {
                var view = Current();
                var commit = view.Commit is null ? "" : $", commit {view.Commit}";
                invocation.Print.Made(view, CliJson.Readable.VersionView, $"overlay {view.Version}{commit} ({view.Runtime}, {view.Os}/{view.Architecture})");
                return Task.CompletedTask;
            });

    private static VersionView Current()
    {
        // The SDK writes VERSION+COMMIT.
        var full = typeof(VersionCommand).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0.0.0";
        var plus = full.IndexOf('+');
        return new(
            plus < 0 ? full : full[..plus],
            plus < 0 ? null : full[(plus + 1)..],
            RuntimeInformation.FrameworkDescription,
            "linux",
            RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant());
    }
}
