using System.CommandLine;
using Overlay.Cli.Control;
using Overlay.Cli.Output;
using Overlay.Contracts.Client;

namespace Overlay.Cli.App;

/// <summary>One run of one verb: the values given, the cluster it talks to, the way its results are printed.</summary>
internal sealed class Invocation(ParseResult parse, CliEnvironment environment) : IAsyncDisposable
{
    private IControlPlane? _control;
    private OverlayContext? _context;

    public CliEnvironment Environment { get; } = environment;

    public TimeSpan Timeout => parse.GetValue(GlobalOptions.Timeout) ?? GlobalOptions.DefaultTimeout;

    public Printer Print => new(parse.GetValue(GlobalOptions.Format)!, Environment);

    public OverlayContext Context => _context ??= Environment.Contexts.Resolve(parse.GetValue(GlobalOptions.Context));

    /// <summary>Connected by its first call.</summary>
    public IControlPlane Control => _control ??= Environment.Connect(Context, Timeout);

    public T Value<T>(Option<T> option) => parse.GetValue(option)!;

    public T Value<T>(Argument<T> argument) => parse.GetValue(argument)!;

    public void Warn(string text) => Environment.Error.WriteLine($"overlay: warning: {text}");

    public ValueTask DisposeAsync() => _control?.DisposeAsync() ?? ValueTask.CompletedTask;
}
