namespace Overlay.Node.Hosting;

/// <summary>What each new silo of this host is given: the grains' services, and the agent beside it in this process.</summary>
internal sealed class SiloGrains
{
    public void AddTo(ISiloBuilder silo)
    {
    }

    public void OnJoined(IGrainFactory grains)
    {
    }
}
