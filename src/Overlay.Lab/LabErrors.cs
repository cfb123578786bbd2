using Overlay.Core;

namespace Overlay.Lab;

internal static class LabErrors
{
    public static RefusalException NoLab(string name)
    {
        var names = LabPaths.Names();
        var known = names.Count == 0 ? "there is none: 'overlay lab up --hosts 3' makes one" : $"there is: {string.Join(", ", names)}";
        return new RefusalException(ErrorCodes.NotFound, $"no lab '{name}'; {known}", ("lab", name));
    }

    public static RefusalException NoMember(LabState lab, string member) =>
        new(ErrorCodes.UnknownHost, $"lab {lab.Name} has no host '{member}'; it has {string.Join(", ", lab.Members.Select(m => m.Name))}", ("lab", lab.Name), ("host", member));

    public static RefusalException NoSupervisor(string name) =>
        new(ErrorCodes.NotRunning, $"lab {name} has no supervisor any more; 'overlay lab up --name {name}' builds it anew, 'overlay lab down --name {name}' clears it away", ("lab", name));

    public static RefusalException NotRoot(string what) =>
        new(ErrorCodes.NotPermitted, $"{what} makes namespaces and links, which needs root: run it with sudo");
}
