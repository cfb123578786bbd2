namespace Overlay.Cli.App;

/// <summary>Flags that each read well but do not go together; exit status 2, as for any other usage error.</summary>
internal sealed class UsageException(string message) : Exception(message);
