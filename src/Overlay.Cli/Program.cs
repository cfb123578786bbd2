using Overlay.Cli.App;

using var signals = new TerminationSignals();
return await new CliApp(CliEnvironment.OfThisProcess(signals)).RunAsync(args);
