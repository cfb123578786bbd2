using System.Collections.Immutable;
using Microsoft.Data.Sqlite;
using Overlay.Contracts.Grains;

namespace Overlay.Grains.Store;

/// <summary>The statements, prepared once. For the one thread that owns the connection.</summary>
internal sealed class SqlitePartitions : IDisposable
{
    private readonly SqliteConnection _connection;
    private readonly SqliteCommand _names, _at, _fields, _move, _put, _delete, _end, _endFields;
    private SqliteTransaction? _transaction;

    public SqlitePartitions(SqliteConnection connection)
    {
        _connection = connection;
        _names = connection.Query("SELECT name FROM partition ORDER BY name");
        _at = Prepare("SELECT revision, hash FROM partition WHERE name = $partition");
        _fields = Prepare("SELECT name, value FROM field WHERE partition = $partition");
        _move = Prepare("INSERT OR REPLACE INTO partition VALUES ($partition, $revision, $hash)", "$revision", "$hash");
        _put = Prepare("INSERT OR REPLACE INTO field VALUES ($partition, $name, $value)", "$name", "$value");
        _delete = Prepare("DELETE FROM field WHERE partition = $partition AND name = $name", "$name");
        _end = Prepare("DELETE FROM partition WHERE name = $partition");
        _endFields = Prepare("DELETE FROM field WHERE partition = $partition");
    }

    public void InTransaction(Action work)
    {
        using var transaction = _connection.BeginTransaction();
        _transaction = transaction;
        work();
        transaction.Commit();
    }

    public ImmutableArray<string> List()
    {
        _names.Transaction = _transaction;
        using var rows = _names.ExecuteReader();
        var names = ImmutableArray.CreateBuilder<string>();
        while (rows.Read())
            names.Add(rows.GetString(0));
        return names.ToImmutable();
    }

    public StoredPartition Load(string partition)
    {
        var fields = ImmutableDictionary.CreateBuilder<string, byte[]>();
        using (var rows = Bind(_fields, partition).ExecuteReader())
        {
            while (rows.Read())
                fields[rows.GetString(0)] = (byte[])rows.GetValue(1);
        }
        var at = At(partition);
        return new StoredPartition(at.Revision, at.Hash, fields.ToImmutable(), default, "");
    }

    public CommitResult Commit(StoreCommit commit, DateTimeOffset now)
    {
        var at = At(commit.Partition);
        if (at != commit.Expected)
            return new CommitResult.Conflict(at);
        var next = commit.Next;
        if (commit.EndsPartition)
        {
            Bind(_end, commit.Partition).ExecuteNonQuery();
            Bind(_endFields, commit.Partition).ExecuteNonQuery();
            return new CommitResult.Committed(next, now);
        }
        Bind(_move, commit.Partition, unchecked((long)next.Revision), unchecked((long)next.Hash)).ExecuteNonQuery();
        foreach (var (field, value) in commit.Changes)
            (value is null ? Bind(_delete, commit.Partition, field) : Bind(_put, commit.Partition, field, value)).ExecuteNonQuery();
        return new CommitResult.Committed(next, now);
    }

    public void Dispose()
    {
        foreach (var command in new[] { _names, _at, _fields, _move, _put, _delete, _end, _endFields })
            command.Dispose();
        _connection.Dispose();
    }

    private FeedCursor At(string partition)
    {
        using var row = Bind(_at, partition).ExecuteReader();
        return row.Read() ? new FeedCursor(unchecked((ulong)row.GetInt64(0)), unchecked((ulong)row.GetInt64(1))) : default;
    }

    private SqliteCommand Prepare(string text, params string[] parameters)
    {
        var command = _connection.Query(text);
        foreach (var parameter in (string[])["$partition", .. parameters])
            command.Parameters.AddWithValue(parameter, DBNull.Value);
        return command;
    }

    private SqliteCommand Bind(SqliteCommand command, params object[] values)
    {
        command.Transaction = _transaction;
        for (var i = 0; i < values.Length; i++)
            command.Parameters[i].Value = values[i];
        return command;
    }
}
