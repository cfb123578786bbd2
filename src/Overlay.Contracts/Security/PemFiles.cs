using System.Security.Cryptography;
using System.Text;

namespace Overlay.Contracts.Security;

internal static class PemFiles
{
    /// <summary>The file is 0600 from its first moment on: no one may open it in between.</summary>
    public static void WriteKey(string path, ECDsa key)
    {
        File.Delete(path);
        using var file = new FileStream(path, new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        });
        file.Write(Encoding.ASCII.GetBytes(key.ExportPkcs8PrivateKeyPem() + "\n"));
    }
}
