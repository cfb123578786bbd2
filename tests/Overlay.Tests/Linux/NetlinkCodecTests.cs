using System.Runtime.InteropServices;
using Overlay.Core.Addressing;
using Overlay.Linux;
using Overlay.Linux.Netlink;
using Overlay.Linux.Rtnetlink;
using Overlay.Testing.Kernels;
using Xunit;

namespace Overlay.Tests.Linux;

/// <summary>Requests byte for byte, each beside the iproute2 command that asks for the same; the sequence number is 7.
/// Little-endian, as every machine that we support.</summary>
public sealed class NetlinkCodecTests
{
    private static readonly MacAddress Mac = MacAddress.Parse("02:40:00:00:01:12");

    public static TheoryData<KernelChange, string> Requests => new()
    {
        // ip link del br
        { new DeleteLink("br"), "28000000 1100 0500 07000000 00000000 | 00 00 0000 00000000 00000000 00000000 | 0700 0300 62720000" },
        // ip link set br up
        { new SetLink("br") { Up = true }, "28000000 1300 0500 07000000 00000000 | 00 00 0000 00000000 01000000 01000000 | 0700 0300 62720000" },
        // ip link add br type bridge mcast_snooping 0
        {
            new AddBridge("br"),
            "44000000 1000 0506 07000000 00000000 | 00 00 0000 00000000 00000000 00000000 | 0700 0300 62720000"
            + "| 1c00 1280 | 0b00 0100 62726964 67650000 | 0c00 0280 0500 1700 00000000"
        },
        // ip link add vx type vxlan id 4097 local 192.0.2.1 dstport 4789 nolearning
        {
            new AddVxlan("vx", 4097, Address.Parse("192.0.2.1"), 4789),
            "5c000000 1000 0506 07000000 00000000 | 00 00 0000 00000000 00000000 00000000 | 0700 0300 76780000"
            + "| 3400 1280 | 0a00 0100 7678 6c616e000000 | 2400 0280 0800 0100 01100000 0800 0400 c0000201 0500 0700 00000000 0600 0f00 12b50000"
        },
        // ip link set vx type bridge_slave learning off neigh_suppress on
        {
            new SetBridgePort("vx") { Learning = false, NeighbourSuppression = true },
            "4c000000 1000 0500 07000000 00000000 | 00 00 0000 00000000 00000000 00000000 | 0700 0300 76780000"
            + "| 2400 1280 | 0b00 0400 62726964 67650000 | 1400 0580 0500 0800 00000000 0500 2000 01000000"
        },
        // ip addr add 10.40.0.1/24 brd + dev #9
        {
            new AddAddress("link", Address.Parse("10.40.0.1"), 24),
            "30000000 1400 0506 07000000 00000000 | 02 18 00 00 09000000 | 0800 0200 0a280001 | 0800 0100 0a280001 | 0800 0400 0a2800ff"
        },
        // ip addr add fd40::1/64 dev #9 nodad
        {
            new AddAddress("link", Address.Parse("fd40::1"), 64),
            "48000000 1400 0506 07000000 00000000 | 0a 40 00 00 09000000 | 1400 0200 fd400000000000000000000000000001"
            + "| 1400 0100 fd400000000000000000000000000001 | 0800 0800 02000000"
        },
        // ip neigh replace 10.40.0.12 lladdr 02:40:00:00:01:12 dev #9 nud permanent
        {
            new SetNeighbour("link", Address.Parse("10.40.0.12"), Mac),
            "30000000 1c00 0505 07000000 00000000 | 02 00 0000 09000000 8000 00 00 | 0800 0100 0a28000c | 0a00 0200 024000000112 0000"
        },
        // ip link add link #9 name m type macvlan mode private
        {
            new AddMacvlan("m", "link", MacvlanMode.Private),
            "4c000000 1000 0506 07000000 00000000 | 00 00 0000 00000000 00000000 00000000 | 0600 0300 6d00 0000 | 0800 0500 09000000 | 1c00 1280 0c00 0100 6d6163766c616e00 0c00 0280 0800 0100 01000000"
        },
        // ip link add link #9 name i type ipvlan mode l3s vepa
        {
            new AddIpvlan("i", "link", new(IpvlanMode.L3s, IpvlanFlag.Vepa)),
            "54000000 1000 0506 07000000 00000000 | 00 00 0000 00000000 00000000 00000000 | 0600 0300 6900 0000 | 0800 0500 09000000 | 2400 1280 0b00 0100 6970766c616e00 00 1400 0280 0600 0100 0200 0000 0600 0200 0200 0000"
        },
        // ip link add link #9 name v type vlan id 20
        {
            new AddVlan("v", "link", 20),
            "4c000000 1000 0506 07000000 00000000 | 00 00 0000 00000000 00000000 00000000 | 0600 0300 7600 0000 | 0800 0500 09000000 | 1c00 1280 0900 0100 766c616e00 000000 0c00 0280 0600 0100 1400 0000"
        },
        // bridge fdb replace 02:40:00:00:01:12 dev #9 master static sticky
        {
            new SetBridgeFdb("link", Mac),
            "28000000 1c00 0505 07000000 00000000 | 07 00 0000 09000000 4000 44 00 | 0a00 0200 024000000112 0000"
        },
        // bridge fdb replace 02:40:00:00:01:12 dev #9 dst 192.0.2.2 self permanent
        {
            new SetVxlanFdb("link", Mac, Address.Parse("192.0.2.2")),
            "30000000 1c00 0505 07000000 00000000 | 07 00 0000 09000000 8000 02 00 | 0a00 0200 024000000112 0000 | 0800 0100 c0000202"
        },
        // ip route replace 10.40.0.0/24 dev #9 src 10.40.0.251 proto static
        {
            new SetRoute(Prefix.Parse("10.40.0.0/24")) { Link = "link", PreferredSource = Address.Parse("10.40.0.251") },
            "3c000000 1800 0505 07000000 00000000 | 02 18 00 00 fe 04 fd 01 00000000 | 0800 0100 0a280000 | 0800 0f00 fe000000 | 0800 0400 09000000 | 0800 0700 0a2800fb"
        },
        // ip route del default via 10.40.0.1 dev #9
        {
            new RemoveRoute(Prefix.Parse("0.0.0.0/0")) { Link = "link", Via = Address.Parse("10.40.0.1") },
            "34000000 1900 0500 07000000 00000000 | 02 00 00 00 fe 00 ff 01 00000000 | 0800 0f00 fe000000 | 0800 0500 0a280001 | 0800 0400 09000000"
        },
    };

    [Theory]
    [MemberData(nameof(Requests))]
    public void Change_IsEncodedByteForByte(KernelChange change, string expected)
    {
        var writer = new NetlinkWriter(new byte[512]);
        ChangeEncoder.Write(ref writer, 7, change, new LinkIndexes { ["link"] = 9 });
        Assert.Equal(Hex(expected), Convert.ToHexStringLower(writer.Written));
    }

    [Fact]
    public void EveryKindOfChange_HasAnEncoderAndAReadableText()
    {
        using var kernel = new FakeKernel();
        foreach (var type in typeof(KernelChange).Assembly.GetTypes().Where(type => type.IsSubclassOf(typeof(KernelChange)) && !type.IsAbstract))
        {
            var constructor = type.GetConstructors().First();
            var change = (KernelChange)constructor.Invoke([.. constructor.GetParameters().Select(parameter => Sample(parameter.ParameterType, kernel))]);
            Assert.DoesNotContain("{", change.ToString(), StringComparison.Ordinal);
            if (change is AddVeth)
                continue;
            var writer = new NetlinkWriter(new byte[512]);
            ChangeEncoder.Write(ref writer, 7, change, new LinkIndexes { ["link"] = 9 });
            Assert.Equal(writer.Length, MemoryMarshal.Read<int>(writer.Written));
        }
    }

    [Fact]
    public void Link_IsDecodedFromItsParts()
    {
        var payload = Convert.FromHexString(Hex(
            "00 00 0100 0b000000 43100000 00000000"
            + "0900 0300 6f766530 00000000 0a00 0100 024000000112 0000 0800 0400 aa050000 0800 0500 02000000 0800 0a00 05000000"
            + "0800 2500 03000000 0800 1b00 07000000 0600 1400 6869 0000"
            + "3000 1200 0900 0100 76657468 00000000 0b00 0400 62726964 67650000 1400 0500 0500 0800 00000000 0500 0400 01000000"));
        Assert.Equal(
            new Link
            {
                Index = 11,
                Name = "ove0",
                Kind = "veth",
                Mac = Mac,
                Mtu = 1450,
                IsUp = true,
                IsRunning = true,
                PeerIndex = 2,
                PeerNamespaceNumber = 3,
                Master = 5,
                Group = 7,
                Alias = "hi",
                Port = new BridgePortInfo { Learning = false, Hairpin = true },
            },
            LinkDecoder.Decode(payload));
    }

    [Fact]
    public void Ack_WithTheKernelsWords_IsRead()
    {
        var payload = Convert.FromHexString(Hex("efffffff 28000000 1000 0506 07000000 00000000 | 0e00 0100 6e6f2074 68616e6b 7300 0000"));
        var ack = NetlinkAck.Read(new MessageHeader { Flags = MessageFlags.AckHasAttributes }, payload);
        Assert.Equal((17, "no thanks"), (ack.Errno, ack.Text));
    }

    [Theory]
    [InlineData("")]
    [InlineData("0f000000 0200 0000 07000000 00000000")]
    [InlineData("ffffffff 0200 0000 07000000 00000000")]
    [InlineData("20000000 0200 0000 07000000 00000000")]
    [InlineData("10000000 0200 0000")]
    public void Messages_CutShortOrSenseless_EndTheWalk(string hex)
    {
        var reader = new NetlinkReader(Convert.FromHexString(Hex(hex)));
        Assert.False(reader.Next());
    }

    [Theory]
    [InlineData("")]
    [InlineData("0300 0100")]
    [InlineData("0900 0100 00000000")]
    [InlineData("0400")]
    public void Attributes_CutShortOrSenseless_EndTheWalk(string hex)
    {
        var reader = new AttributeReader(Convert.FromHexString(Hex(hex)));
        Assert.False(reader.Next());
    }

    [Fact]
    public void Decoders_OfAnythingCutShort_GiveNothing()
    {
        byte[] rest = [2, 0, 0];
        Assert.Null(LinkDecoder.Decode(rest));
        Assert.Null(AddressDecoder.Decode(rest));
        Assert.Null(NeighbourDecoder.Decode(rest));
        Assert.Null(NeighbourDecoder.DecodeFdb(rest));
        Assert.Null(RouteDecoder.Decode(rest));
    }

    private static string Hex(string text) => new([.. text.Where(char.IsAsciiHexDigit)]);

    private static object Sample(Type type, FakeKernel kernel) =>
        type == typeof(string) ? "link"
        : type == typeof(Address) ? Address.Parse("192.0.2.1")
        : type == typeof(Prefix) ? Prefix.Parse("192.0.2.0/24")
        : type == typeof(MacAddress) ? Mac
        : type == typeof(INetNamespace) ? kernel.Host
        : type == typeof(bool) ? true
        : type == typeof(IpvlanInfo) ? new IpvlanInfo(IpvlanMode.L3, IpvlanFlag.Private)
        : type.IsEnum ? Enum.ToObject(type, 2)
        : Convert.ChangeType(24, type, System.Globalization.CultureInfo.InvariantCulture);
}
