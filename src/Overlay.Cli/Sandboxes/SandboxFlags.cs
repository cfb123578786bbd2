using System.CommandLine;
using Overlay.Cli.App;
using Overlay.Cli.Networks;
using Overlay.Contracts.Grains;
using Overlay.Contracts.Records;
using Overlay.Core.Addressing;

namespace Overlay.Cli.Sandboxes;

/// <summary>What <c>sandbox create</c> and <c>run</c> share.</summary>
internal sealed class SandboxFlags
{
    private readonly Option<string?> _name = Flags.Text("--name", "NAME", "What to call it (default: a name is chosen)");
    private readonly AttachmentFlags _attachments = new();
    private readonly Option<string?> _host = Flags.Text("--host", "HOST", "Where it runs (default: the host with the fewest sandboxes)");
    private readonly PublishFlags _ports = new();

    private readonly Option<ExtraHost[]> _extraHosts = Flags.Many(
        "--add-host", "NAME:IP", "A line for its hosts file; IP may be host-gateway", ExtraHostFlag.Parse);

    private readonly Option<Address[]> _dns = Flags.Many("--dns", "ADDRESS", "Ask this server for names that are not the cluster's", Address.Parse);
    private readonly Option<string[]> _dnsSearch = Flags.Texts("--dns-search", "DOMAIN", "A search domain for its resolv.conf");
    private readonly Option<string[]> _dnsOptions = Flags.Texts("--dns-option", "OPTION", "An option for its resolv.conf, e.g. ndots:2", "--dns-opt");
    private readonly Option<string?> _hostname = Flags.Text("--hostname", "NAME", "Its host name (default: its short id)");
    private readonly Option<KeyValuePair<string, string>[]> _labels = Flags.Pairs("--label", "A label", "-l");
    private readonly Option<WaitMode> _wait = WaitFlag.Create();

    public void AddTo(Command command)
    {
        command.Add(_name);
        _attachments.AddTo(command);
        command.Add(_host);
        _ports.AddTo(command);
        foreach (Option option in new Option[] { _extraHosts, _dns, _dnsSearch, _dnsOptions, _hostname, _labels, _wait })
            command.Add(option);
    }

    /// <exception cref="UsageException">Flags that do not go together.</exception>
    public CreateSandbox Read(Invocation invocation)
    {
        var request = new CreateSandbox
        {
            Name = invocation.Value(_name),
            Host = invocation.Value(_host),
            Hostname = invocation.Value(_hostname),
            ExtraHosts = [.. invocation.Value(_extraHosts)],
            DnsServers = [.. invocation.Value(_dns)],
            DnsSearch = [.. invocation.Value(_dnsSearch)],
            DnsOptions = [.. invocation.Value(_dnsOptions)],
            Labels = NetworkCreate.LastOfEach(invocation.Value(_labels)),
            Wait = invocation.Value(_wait),
        };
        return _ports.Read(invocation, _attachments.Read(invocation, request));
    }
}
