namespace Overlay.Testing.Kernels;

public static class Errno
{
    public const int EPERM = 1, ENOENT = 2, ESRCH = 3, ENOMEM = 12, EBUSY = 16, EEXIST = 17, ENODEV = 19, EINVAL = 22, ERANGE = 34, ELOOP = 40,
        EXFULL = 54, EOPNOTSUPP = 95, EADDRINUSE = 98, EADDRNOTAVAIL = 99, ENETDOWN = 100, ENETUNREACH = 101, ENOBUFS = 105, EHOSTUNREACH = 113;
}
