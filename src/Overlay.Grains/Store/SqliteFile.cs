using System.Globalization;
using Microsoft.Data.Sqlite;

namespace Overlay.Grains.Store;

/// <summary>The file is not one that this build may write to; with what would work.</summary>
public sealed class StoreFileException(string message) : IOException(message);

/// <summary>Opens a store's file, and makes sure of what it is before anything is written.</summary>
internal static class SqliteFile
{
    /// <summary>In the header of every file of ours: 'OVLY'.</summary>
    private const long ApplicationId = 0x4f564c59;

    private const long FormatVersion = 1;

    // Revision and hash are unsigned, SQLite's integers are not: the bits are kept.
    private const string Schema = """
        CREATE TABLE cluster (name TEXT NOT NULL) STRICT;
        CREATE TABLE partition (name TEXT PRIMARY KEY, revision INTEGER NOT NULL, hash INTEGER NOT NULL) STRICT, WITHOUT ROWID;
        CREATE TABLE field (partition TEXT NOT NULL, name TEXT NOT NULL, value BLOB NOT NULL, PRIMARY KEY (partition, name)) STRICT, WITHOUT ROWID;
        """;

    public static SqliteConnection Open(string path, string cluster, int? maxPages)
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Pooling = false, DefaultTimeout = 1 }.ToString());
        try
        {
            connection.Open();
            // The lock is taken with the first read and kept: a second overlayd on this file is refused, not let in.
            connection.Run("PRAGMA locking_mode = EXCLUSIVE");
            Recognize(connection, path, cluster);
            connection.Run("PRAGMA journal_mode = WAL");
            connection.Run("PRAGMA synchronous = FULL");
            if (maxPages is { } limit)
                connection.Run(string.Create(CultureInfo.InvariantCulture, $"PRAGMA max_page_count = {limit}"));
            return connection;
        }
        catch (SqliteException error)
        {
            connection.Dispose();
            throw new StoreFileException(Explain(path, error));
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    private static void Recognize(SqliteConnection connection, string path, string cluster)
    {
        var (application, version) = (connection.Ask("PRAGMA application_id"), connection.Ask("PRAGMA user_version"));
        if (application == 0 && version == 0 && connection.Ask("SELECT count(*) FROM sqlite_schema") == 0)
        {
            Create(connection, cluster);
            return;
        }
        if (application != ApplicationId)
            throw new StoreFileException($"{path} is a database of another program; move it away, or give another --state-dir");
        if (version > FormatVersion)
            throw new StoreFileException($"{path} has format {version}, and this overlayd knows formats up to {FormatVersion}; run the overlayd that wrote it, or a newer one");
        using var check = connection.Query("PRAGMA quick_check(1)");
        if ((string)check.ExecuteScalar()! is not "ok" and var damage)
            throw new StoreFileException(Damaged(path, damage));
        using var owner = connection.Query("SELECT name FROM cluster");
        if ((string?)owner.ExecuteScalar() is var name && name != cluster)
            throw new StoreFileException($"{path} is the store of cluster '{name}', not of '{cluster}'; give --cluster {name}, or another --state-dir");
    }

    private static void Create(SqliteConnection connection, string cluster)
    {
        using var transaction = connection.BeginTransaction();
        connection.Run(Schema);
        using var insert = connection.Query("INSERT INTO cluster VALUES ($name)");
        insert.Parameters.AddWithValue("$name", cluster);
        insert.ExecuteNonQuery();
        connection.Run(string.Create(CultureInfo.InvariantCulture, $"PRAGMA application_id = {ApplicationId}"));
        connection.Run(string.Create(CultureInfo.InvariantCulture, $"PRAGMA user_version = {FormatVersion}"));
        transaction.Commit();
    }

    private static string Explain(string path, SqliteException error) => error.SqliteErrorCode switch
    {
        SQLitePCL.raw.SQLITE_BUSY or SQLitePCL.raw.SQLITE_LOCKED => $"{path} is in use by another process; one overlayd at a time may run on it",
        SQLitePCL.raw.SQLITE_NOTADB or SQLitePCL.raw.SQLITE_CORRUPT => Damaged(path, error.Message),
        _ => $"{path} cannot be opened: {error.Message}",
    };

    private static string Damaged(string path, string what) =>
        $"{path} is damaged ({what}); move it away together with its -wal file, and bring an export back with 'overlay state import'";
}

internal static class SqliteConnections
{
    public static SqliteCommand Query(this SqliteConnection connection, string text)
    {
        var command = connection.CreateCommand();
#pragma warning disable CA2100 // Every text is a constant of this folder.
        command.CommandText = text;
#pragma warning restore CA2100
        return command;
    }

    public static void Run(this SqliteConnection connection, string text)
    {
        using var command = connection.Query(text);
        command.ExecuteNonQuery();
    }

    public static long Ask(this SqliteConnection connection, string text)
    {
        using var command = connection.Query(text);
        return (long)command.ExecuteScalar()!;
    }
}
