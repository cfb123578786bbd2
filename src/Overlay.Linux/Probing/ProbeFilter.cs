using System.Runtime.InteropServices;
using Overlay.Core.Addressing;
using Overlay.Linux.Announcing;

namespace Overlay.Linux.Probing;

/// <summary>
/// The classic BPF program for a socket that waits for who has one address, or is about to take it. All else is dropped
/// in the kernel, so that a busy network costs the prober nothing.
/// </summary>
internal static class ProbeFilter
{
    private const ushort LoadWord = 0x20, LoadByte = 0x30, JumpIfEqual = 0x15, Return = 0x06;
    private const uint WholeFrame = 0xffff;

    // Ancillary data: a frame of one of the link's VLANs is another network's.
    private const uint VlanTagPresent = 0xfffff000 + 48;

    // Offsets in the frame.
    private const uint ArpSender = 14 + 14, ArpTarget = 14 + 24;
    private const uint V6NextHeader = 14 + 6, V6HopLimit = 14 + 7, V6Source = 14 + 8, IcmpType = 14 + 40, NdTarget = IcmpType + 8;
    private const uint NeighbourSolicitation = 135, NeighbourAdvertisement = 136;

    /// <summary>struct sock_filter.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct Instruction
    {
        public ushort Code;
        public byte IfTrue;
        public byte IfFalse;
        public uint Value;
    }

    public static Instruction[] For(Address address) => address.IsV4 ? ForV4((uint)address.Value) : ForV6(address.Value);

    // From the address (its holder answers, or speaks anyhow), or from 0.0.0.0 about it (somebody else probes).
    private static Instruction[] ForV4(uint address)
    {
        var program = new Builder();
        program.Require(LoadByte, VlanTagPresent, 0);
        program.AcceptIf(LoadWord, ArpSender, address);
        program.Require(LoadWord, ArpSender, 0);
        program.Require(LoadWord, ArpTarget, address);
        return program.Build();
    }

    // An advertisement of the address, or a solicitation of it from :: (somebody else's duplicate address detection).
    private static Instruction[] ForV6(UInt128 address)
    {
        var program = new Builder();
        program.Require(LoadByte, VlanTagPresent, 0);
        program.Require(LoadByte, V6NextHeader, NeighbourFrame.IcmpV6);
        program.Require(LoadByte, V6HopLimit, NeighbourFrame.HopLimit);
        for (var word = 0; word < 4; word++)
            program.Require(LoadWord, NdTarget + (uint)(4 * word), (uint)(address >> (96 - 32 * word)));
        program.AcceptIf(LoadByte, IcmpType, NeighbourAdvertisement);
        program.Require(LoadByte, IcmpType, NeighbourSolicitation);
        for (var word = 0; word < 4; word++)
            program.Require(LoadWord, V6Source + (uint)(4 * word), 0);
        return program.Build();
    }

    private sealed class Builder
    {
        private readonly List<Instruction> _program = [];

        /// <summary>Drops the frame unless what stands at the offset is the value.</summary>
        public void Require(ushort load, uint offset, uint value) => Test(load, offset, new() { Code = JumpIfEqual, IfTrue = 1, Value = value }, 0);

        public void AcceptIf(ushort load, uint offset, uint value) => Test(load, offset, new() { Code = JumpIfEqual, IfFalse = 1, Value = value }, WholeFrame);

        /// <summary>What no test has dropped is let in.</summary>
        public Instruction[] Build() => [.. _program, new() { Code = Return, Value = WholeFrame }];

        private void Test(ushort load, uint offset, Instruction jump, uint outcome)
        {
            _program.Add(new() { Code = load, Value = offset });
            _program.Add(jump);
            _program.Add(new() { Code = Return, Value = outcome });
        }
    }
}
