namespace Overlay.Cli.App;

/// <summary>A foreground command that could not be run, for the reason within: exit status 125, for 1 may be a command's own.</summary>
internal sealed class ForegroundFailure(Exception reason) : Exception(reason.Message, reason);
