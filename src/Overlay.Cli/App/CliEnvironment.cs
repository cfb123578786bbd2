using System.Runtime.CompilerServices;
using Overlay.Cli.Control;
using Overlay.Cli.Foreground;
using Overlay.Contracts.Client;

namespace Overlay.Cli.App;

/// <summary>All that the verbs touch outside themselves; tests bring their own.</summary>
internal sealed record CliEnvironment
{
    public required TextReader In { get; init; }
    public required TextWriter Out { get; init; }
    public required TextWriter Error { get; init; }

    /// <summary>Standard output for bytes that are not ours to decode (logs).</summary>
    public required Stream RawOut { get; init; }
    public bool InIsTerminal { get; init; }
    public bool OutIsTerminal { get; init; }

    /// <summary>NO_COLOR is not set (no-color.org).</summary>
    public bool Colours { get; init; }

    /// <summary>OVERLAY_DEBUG=1: stack traces behind the error line.</summary>
    public bool Debug { get; init; }
    public required ContextStore Contexts { get; init; }
    public required TimeProvider Time { get; init; }

    /// <summary>Called at most once per command, and only by commands that talk to a cluster.</summary>
    public required Func<OverlayContext, TimeSpan, IControlPlane> Connect { get; init; }
    public required IForegroundRunner Foreground { get; init; }

    /// <summary>This machine as <c>overlayd</c> registers it, and whether this user may enter namespaces.</summary>
    public required LocalMachine Machine { get; init; }
    public CancellationToken Cancellation { get; init; }

    public static CliEnvironment OfThisProcess(TerminationSignals signals) => new()
    {
        In = Console.In,
        Out = new StreamWriter(Console.OpenStandardOutput(), Utf8) { AutoFlush = false },
        Error = Console.Error,
        RawOut = Console.OpenStandardOutput(),
        InIsTerminal = !Console.IsInputRedirected,
        OutIsTerminal = !Console.IsOutputRedirected,
        Colours = string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR")),
        Debug = Environment.GetEnvironmentVariable("OVERLAY_DEBUG") == "1",
        Contexts = ContextStore.Default(),
        Time = TimeProvider.System,
        Connect = ConnectToGrains,
        Foreground = new ForegroundRunner(signals),
        Machine = LocalMachine.This(),
        Cancellation = signals.Cancellation,
    };

    private static readonly System.Text.UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false);

    // Its own frame: Orleans is loaded by the first command that connects, never by help or version.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static IControlPlane ConnectToGrains(OverlayContext context, TimeSpan timeout) =>
        GrainControlPlane.Of(
            context, timeout, TimeProvider.System, Console.IsErrorRedirected ? null : new WaitingNotice(Console.Error, TimeProvider.System));
}
