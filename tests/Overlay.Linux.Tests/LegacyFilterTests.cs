using Xunit;

namespace Overlay.Linux.Tests;

public sealed class LegacyFilterTests
{
    [Fact]
    public void NamespaceWhereNobodyUsedIt_HasNone_AndStaysSo()
    {
        using var spaces = new TrialNamespaces();

        Assert.Null(spaces["a"].ListLegacyFilter(v6: false));
        Assert.Null(spaces["a"].ListLegacyFilter(v6: true));
        Assert.Equal("", spaces.Run("a", "cat", "/proc/net/ip_tables_names"));
    }

    [Fact]
    public void Rules_OfIptablesLegacy_AreReadInNftsWords()
    {
        using var spaces = new TrialNamespaces();
        spaces.Run("a", "sh", "-ec", """
            iptables-legacy -P FORWARD DROP
            iptables-legacy -N mine
            iptables-legacy -A INPUT -i lo -j ACCEPT
            iptables-legacy -A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
            iptables-legacy -A FORWARD -i obr+ ! -o docker0 -m comment --comment x -j mine
            iptables-legacy -A FORWARD -p udp -g mine
            iptables-legacy -A FORWARD -m physdev --physdev-is-bridged -j ACCEPT
            iptables-legacy -A mine -s 10.0.0.0/8 ! -d 192.0.2.1 -p tcp --dport 80:90 -j RETURN
            iptables-legacy -A mine -m limit --limit 3/min -j LOG
            iptables-legacy -A mine -j REJECT
            """);

        Assert.Equal(
            """
            table ip filter {
            	chain INPUT {
            		type filter hook input priority filter; policy accept;
            		iifname "lo" accept
            	}
            	chain FORWARD {
            		type filter hook forward priority filter; policy drop;
            		ct state established,related accept
            		iifname "obr*" oifname != "docker0" jump mine
            		meta l4proto 17 goto mine
            		xt match "physdev" accept
            	}
            	chain OUTPUT {
            		type filter hook output priority filter; policy accept;
            	}
            	chain mine {
            		ip saddr 10.0.0.0/8 ip daddr != 192.0.2.1/32 meta l4proto 6 tcp dport 80-90 return
            		xt match "limit" xt target "LOG"
            		reject
            	}
            }

            """,
            spaces["a"].ListLegacyFilter(v6: false));
    }

    [Fact]
    public void Rules_OfIp6tablesLegacy_AreReadInNftsWords()
    {
        using var spaces = new TrialNamespaces();
        spaces.Run("a", "sh", "-ec", "ip6tables-legacy -A FORWARD -s fd00::/8 -o obr+ -p udp --sport 53 -j DROP; ip6tables-legacy -P INPUT DROP");

        var listing = spaces["a"].ListLegacyFilter(v6: true);

        Assert.StartsWith("table ip6 filter {\n", listing, StringComparison.Ordinal);
        Assert.Contains("\t\toifname \"obr*\" ip6 saddr fd00::/8 meta l4proto 17 udp sport 53-53 drop\n", listing, StringComparison.Ordinal);
        Assert.Contains("hook input priority filter; policy drop;", listing, StringComparison.Ordinal);
    }
}
