using System.Net;
using System.Security.Cryptography;
using Overlay.Contracts.Client;
using Overlay.Contracts.Security;
using Overlay.Core;
using Overlay.Lab.Down;
using Overlay.Lab.Kernel;
using Overlay.Lab.Supervision;

namespace Overlay.Lab.Up;

/// <summary>Brings a lab up, step by step; what fails is taken down again, except hosts that only are not ready.</summary>
internal sealed class LabBuilder(LabOptions options, TimeProvider time, IProgress<string>? progress)
{
    private static readonly TimeSpan CertificateLifetime = TimeSpan.FromDays(365);
    private static readonly TimeSpan SupervisorDeadline = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(20);

    private readonly LabPaths _paths = new(options.Name);

    public async Task<LabState> BuildAsync(CancellationToken cancel)
    {
        var lab = await LabPlanner.ClaimAsync(options, _paths, cancel);
        try
        {
            progress?.Report($"lab {lab.Name}: {lab.Hosts.Count()} hosts on {AddressPlan.Underlay(lab.Segment)} and {lab.Ula}::/64");
            WriteFiles(lab);
            lab = await Holders.StartAsync(lab, _paths, cancel);
            lab.Write(_paths.State);
            progress?.Report("namespaces are there");
            await Wiring.LayAsync(lab, cancel);
            progress?.Report("links are up, offloads off");
            lab = await StartSupervisorAsync(lab, cancel);
            progress?.Report($"supervisor, {(lab.EmbeddedStore ? "" : "Redis ")}and the outside world run; waiting for overlayd on each host");
        }
        catch (Exception failure)
        {
            await LabRemover.RemoveAsync(lab.Name, lab, CancellationToken.None);
            if (failure is RefusalException or OperationCanceledException)
            {
                throw;
            }
            throw new RefusalException(ErrorCodes.Internal, $"lab {lab.Name} did not come up and was taken down again: {failure.Message}", ("lab", lab.Name));
        }
        await Readiness.WaitAsync(lab, _paths, options.ReadyDeadline, time, progress, cancel);
        WriteContext(lab);
        progress?.Report($"context '{lab.Name}' is in use: 'overlay host ls' talks to this lab");
        return lab;
    }

    private void WriteFiles(LabState lab)
    {
        using var authority = CertificateAuthority.Create(lab.Cluster, CertificateLifetime, time);
        authority.SaveTo(_paths.Certificates);
        authority.IssueClient(_paths.Client, "lab", CertificateRole.Operator);
        var password = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(24));
        foreach (var member in lab.Members)
        {
            Directory.CreateDirectory(_paths.Member(member.Name));
        }
        if (!lab.EmbeddedStore)
        {
            WriteSecret(_paths.RedisConfiguration, RedisConfiguration.Render(lab.The(MemberKind.Redis), _paths.Member("redis"), password));
        }
        foreach (var host in lab.Hosts)
        {
            WriteSecret(_paths.RedisPassword(host.Name), password);
            authority.IssueHost(_paths.HostCertificates(host.Name), host.Name, IPAddress.Parse(host.Address), IPAddress.Parse(host.Address6));
        }
        StateMountPoint.Make();
    }

    private async Task<LabState> StartSupervisorAsync(LabState lab, CancellationToken cancel)
    {
        var pid = ChildProcess.Start([lab.Overlay, "lab", "supervise", lab.Name], ServicePlan.EnvironmentOf(lab), _paths.SupervisorLog, []);
        var started = lab with { Supervisor = ProcessMark.Read(pid) };
        started.Write(_paths.State);
        Holders.Collect(pid, "the supervisor");
        var begin = time.GetTimestamp();
        while (await OrderClient.SendAsync(_paths.SupervisorSocket, new Order(OrderVerb.Status), cancel) is null)
        {
            if (started.Supervisor is not { IsAlive: true } || time.GetElapsedTime(begin) > SupervisorDeadline)
            {
                throw new IOException($"the supervisor does not answer: {(await File.ReadAllTextAsync(_paths.SupervisorLog, cancel)).Trim()}");
            }
            await Task.Delay(Interval, time, cancel);
        }
        return started;
    }

    private void WriteContext(LabState lab)
    {
        var contexts = new ContextStore(lab.ContextDirectory);
        contexts.Save(new OverlayContext(
            lab.Name, lab.Cluster,
            [.. lab.Hosts.Select(h => $"{h.Address}:{AddressPlan.GatewayPort}")],
            _paths.Client,
            lab.Hosts.ToDictionary(h => h.Name, h => new ContextHost(h.Enter)),
            lab.Name));
        contexts.Use(lab.Name);
    }

    private static void WriteSecret(string path, string text)
    {
        using var file = new FileStream(path, new FileStreamOptions
        {
            Mode = FileMode.Create,
            Access = FileAccess.Write,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        });
        using var writer = new StreamWriter(file);
        writer.Write(text);
    }
}
