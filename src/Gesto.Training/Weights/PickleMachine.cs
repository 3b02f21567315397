using System.Buffers.Binary;
using System.Text;

namespace Gesto.Training.Weights;

/// <summary>A Python name that a pickle asks for, e.g. collections.OrderedDict. Never looked up, only
/// compared.</summary>
internal sealed record PickleGlobal(string Module, string Name)
{
    public override string ToString() => $"{Module}.{Name}";
}

/// <summary>A pickled dict or OrderedDict, in order.</summary>
internal sealed class PickleDictionary
{
    public List<(object? Key, object? Value)> Items { get; } = [];
}

/// <summary>Runs the few pickle instructions that plain data needs: numbers, text, tuples, lists, dicts. What names and
/// calls mean is decided by the two functions given; there is no other way to code. Any other instruction is
/// refused.</summary>
/// <remarks>Values: null, bool, long, double, string, object?[] (tuple), List&lt;object?&gt;, <see
/// cref="PickleDictionary"/>,
/// <see cref="PickleGlobal"/>, and whatever the functions return. Source: CPython, Lib/pickletools.py.</remarks>
/// <param name="name">What to call the source in errors.</param>
/// <param name="call">Given the global and the arguments of a REDUCE; throws for what it does not know.</param>
/// <param name="persistent">Given a persistent id.</param>
internal sealed class PickleMachine(
    string name,
    Func<PickleGlobal, object?[], object?> call,
    Func<object?, object?> persistent
)
{
    private static readonly object Mark = new();
    private readonly List<object?> stack = [];
    private readonly Dictionary<long, object?> memo = [];
    private byte[] code = [];
    private int at;

    /// <exception cref="InvalidDataException">The pickle is cut, malformed, or uses an instruction outside the
    /// list.</exception>
    public object? Run(byte[] pickle)
    {
        (code, at) = (pickle, 0);
        stack.Clear();
        memo.Clear();
        while (true)
        {
            int place = at;
            byte instruction = Take(1)[0];
            if (instruction == '.')
                return Pop();
            if (!PushValue(instruction) && !Assemble(instruction))
                throw new InvalidDataException(
                    $"{name}: pickle instruction 0x{instruction:x2} at byte {place} is not needed for tensors and is refused."
                );
        }
    }

    private bool PushValue(byte instruction)
    {
        switch ((char)instruction)
        {
            case '\x80':
                byte version = Take(1)[0];
                if (version != 2)
                    throw new InvalidDataException(
                        $"{name}: pickle protocol {version}, expected 2 as torch.save writes."
                    );
                break;
            case 'N':
                stack.Add(null);
                break;
            case '\x88':
                stack.Add(true);
                break;
            case '\x89':
                stack.Add(false);
                break;
            case 'K':
                stack.Add((long)Take(1)[0]);
                break;
            case 'M':
                stack.Add((long)BinaryPrimitives.ReadUInt16LittleEndian(Take(2)));
                break;
            case 'J':
                stack.Add((long)BinaryPrimitives.ReadInt32LittleEndian(Take(4)));
                break;
            case '\x8a':
                stack.Add(LongInteger(Take(Take(1)[0])));
                break;
            case 'G':
                stack.Add(BinaryPrimitives.ReadDoubleBigEndian(Take(8)));
                break;
            case 'X':
                stack.Add(Encoding.UTF8.GetString(Take(BinaryPrimitives.ReadUInt32LittleEndian(Take(4)))));
                break;
            case 'c':
                stack.Add(new PickleGlobal(Line(), Line()));
                break;
            case ')':
                stack.Add(Array.Empty<object?>());
                break;
            case ']':
                stack.Add(new List<object?>());
                break;
            case '}':
                stack.Add(new PickleDictionary());
                break;
            case '(':
                stack.Add(Mark);
                break;
            case 'h':
                stack.Add(Recall(Take(1)[0]));
                break;
            case 'j':
                stack.Add(Recall(BinaryPrimitives.ReadUInt32LittleEndian(Take(4))));
                break;
            default:
                return false;
        }
        return true;
    }

    private bool Assemble(byte instruction)
    {
        switch ((char)instruction)
        {
            case 'q':
                memo[Take(1)[0]] = Peek();
                break;
            case 'r':
                memo[BinaryPrimitives.ReadUInt32LittleEndian(Take(4))] = Peek();
                break;
            case '\x85':
                stack.Add(PopMany(1));
                break;
            case '\x86':
                stack.Add(PopMany(2));
                break;
            case '\x87':
                stack.Add(PopMany(3));
                break;
            case 't':
                stack.Add(PopToMark());
                break;
            case 'a':
                object? item = Pop();
                As<List<object?>>(Peek()).Add(item);
                break;
            case 'e':
                object?[] items = PopToMark();
                As<List<object?>>(Peek()).AddRange(items);
                break;
            case 's':
                SetItems(PopMany(2));
                break;
            case 'u':
                SetItems(PopToMark());
                break;
            case 'Q':
                stack.Add(persistent(Pop()));
                break;
            case 'R':
                object?[] arguments = As<object?[]>(Pop());
                stack.Add(call(As<PickleGlobal>(Pop()), arguments));
                break;
            case 'b':
                // OrderedDict attributes (state_dict's _metadata) carry no tensors; any other object has no state to
                // set.
                As<PickleDictionary>(Pop());
                As<PickleDictionary>(Peek());
                break;
            default:
                return false;
        }
        return true;
    }

    private void SetItems(object?[] pairs)
    {
        PickleDictionary dictionary = As<PickleDictionary>(Peek());
        if (pairs.Length % 2 != 0)
            throw new InvalidDataException($"{name}: a dict in the pickle has a key without a value.");
        for (int i = 0; i < pairs.Length; i += 2)
            dictionary.Items.Add((pairs[i], pairs[i + 1]));
    }

    private ReadOnlySpan<byte> Take(uint count)
    {
        if (count > code.Length - at)
            throw new InvalidDataException(
                $"{name}: the pickle ends inside an instruction, at byte {at}. The file is cut."
            );
        at += (int)count;
        return code.AsSpan(at - (int)count, (int)count);
    }

    private string Line()
    {
        int length = code.AsSpan(at).IndexOf((byte)'\n');
        string line = Encoding.UTF8.GetString(Take(length < 0 ? uint.MaxValue : (uint)length));
        at++;
        return line;
    }

    private long LongInteger(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > 8)
            throw new InvalidDataException($"{name}: an integer of {bytes.Length} bytes, at most 8 are read.");
        long value = 0;
        for (int i = 0; i < bytes.Length; i++)
            value |= (long)bytes[i] << (8 * i);
        return bytes.Length is > 0 and < 8 && bytes[^1] >= 0x80 ? value - (1L << (8 * bytes.Length)) : value;
    }

    private object? Recall(long key) =>
        memo.TryGetValue(key, out object? value)
            ? value
            : throw new InvalidDataException($"{name}: the pickle recalls entry {key}, which was not stored.");

    private object? Peek() => stack.Count > 0 && stack[^1] != Mark ? stack[^1] : throw Malformed();

    private object? Pop()
    {
        object? top = Peek();
        stack.RemoveAt(stack.Count - 1);
        return top;
    }

    private object?[] PopMany(int count)
    {
        var values = new object?[count];
        while (--count >= 0)
            values[count] = Pop();
        return values;
    }

    private object?[] PopToMark()
    {
        int mark = stack.LastIndexOf(Mark);
        if (mark < 0)
            throw Malformed();
        object?[] values = [.. stack.Skip(mark + 1)];
        stack.RemoveRange(mark, stack.Count - mark);
        return values;
    }

    private T As<T>(object? value) => value is T of ? of : throw Malformed();

    private InvalidDataException Malformed() => new($"{name}: the pickle is malformed before byte {at}.");
}
