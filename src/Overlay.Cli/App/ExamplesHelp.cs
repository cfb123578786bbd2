using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace Overlay.Cli.App;

/// <summary>The library's help, and after it the verb's examples.</summary>
internal sealed class ExamplesHelp(HelpAction usual) : SynchronousCommandLineAction
{
    public override bool ClearsParseErrors => true;

    public static void Install(RootCommand root)
    {
        foreach (var option in root.Options.OfType<HelpOption>())
            option.Action = new ExamplesHelp((HelpAction)option.Action!);
    }

    public override int Invoke(ParseResult parse)
    {
        var status = usual.Invoke(parse);
        if (parse.CommandResult.Command is Verb { Examples.Count: > 0 } verb)
        {
            var output = parse.InvocationConfiguration.Output;
            output.WriteLine("Examples:");
            foreach (var example in verb.Examples)
                output.WriteLine("  " + example);
            output.WriteLine();
        }
        return status;
    }
}
