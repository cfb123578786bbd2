using System.CommandLine;
using Overlay.Cli.Context;
using Overlay.Cli.Lab;
using Overlay.Core;

var root = new RootCommand("Container networks over many hosts: bridges, overlays, addresses, names, published ports.")
{
    LabCommand.Create(),
    ContextCommand.Create(),
};
try
{
    return await root.Parse(args).InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
}
catch (RefusalException refused)
{
    Console.Error.WriteLine($"overlay: {refused.Message}");
    return 1;
}
