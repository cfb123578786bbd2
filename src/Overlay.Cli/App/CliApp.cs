using System.CommandLine;
using System.CommandLine.Invocation;
using Overlay.Cli.Context;
using Overlay.Cli.Hosts;
using Overlay.Cli.Lab;
using Overlay.Cli.Names;
using Overlay.Cli.Networks;
using Overlay.Cli.Sandboxes;
using Overlay.Cli.State;
using Overlay.Cli.Versions;

namespace Overlay.Cli.App;

/// <summary>The command line as a whole: its verbs, what they exit with, and how a failure is told.</summary>
internal sealed class CliApp(CliEnvironment environment)
{
    public RootCommand Root { get; } = CreateRoot(environment);

    public ParseResult Parse(params IReadOnlyList<string> arguments) =>
        // No response files: '@127.0.0.11' is a name server in 'overlay exec web -- dig @127.0.0.11 db'.
        Root.Parse(arguments, new ParserConfiguration { ResponseFileTokenReplacer = null });

    public async Task<int> RunAsync(IReadOnlyList<string> arguments)
    {
        var parse = Parse(arguments);
        var json = WantsJson(parse);
        try
        {
            if (parse.Action is ParseErrorAction || (parse.Errors.Count == 0 && UsageError.UnknownFlag(parse) is not null))
                return await RefuseAsync(parse, json);
            return await parse.InvokeAsync(Configuration(), environment.Cancellation);
        }
        catch (OperationCanceledException) when (environment.Cancellation.IsCancellationRequested)
        {
            return ExitStatus.Interrupted;
        }
        catch (Exception error)
        {
            environment.Out.Flush();
            var (cause, status) = error is ForegroundFailure foreground ? (foreground.InnerException!, ExitStatus.NotEntered) : (error, ExitStatus.Failed);
            ErrorLine.Of(cause).WriteTo(environment.Error, json);
            if (environment.Debug)
                environment.Error.WriteLine(cause);
            return cause is UsageException ? ExitStatus.Usage : status;
        }
        finally
        {
            environment.Out.Flush();
        }
    }

    private async Task<int> RefuseAsync(ParseResult parse, bool json)
    {
        // 'overlay' and 'overlay network' alone ask what there is, as with docker.
        if (parse.CommandResult.Command.Subcommands.Count > 0 && parse.UnmatchedTokens.Count == 0 && parse.Errors.Count == 1)
            return await Parse([.. parse.Tokens.Select(token => token.Value), "--help"]).InvokeAsync(Configuration(), environment.Cancellation);
        ErrorLine.Usage(UsageError.Describe(parse)).WriteTo(environment.Error, json);
        return ExitStatus.Usage;
    }

    private InvocationConfiguration Configuration() => new()
    {
        Output = environment.Out,
        Error = environment.Error,
        EnableDefaultExceptionHandler = false,
        // Signals are ours: while a foreground command runs they are that command's.
        ProcessTerminationTimeout = null,
    };

    private static bool WantsJson(ParseResult parse) =>
        parse.GetResult(GlobalOptions.Format) is { Tokens: [.., { Value: "json" }] };

    private static RootCommand CreateRoot(CliEnvironment environment)
    {
        var root = new RootCommand("Container networks over many hosts: bridges, overlays, addresses, names, published ports.");
        GlobalOptions.AddTo(root);
        root.Add(NetworkCommand.Create(environment));
        root.Add(SandboxCommand.Create(environment));
        root.Add(RunCommand.Create(environment));
        root.Add(ExecCommand.Create(environment));
        root.Add(LogsCommand.Create(environment));
        root.Add(PortCommand.Create(environment));
        root.Add(HostCommand.Create(environment));
        root.Add(DnsCommand.Create(environment));
        root.Add(StateCommand.Create(environment));
        root.Add(LabCommand.Create(environment));
        root.Add(ContextCommand.Create(environment));
        root.Add(VersionCommand.Create(environment));
        ExamplesHelp.Install(root);
        return root;
    }
}
