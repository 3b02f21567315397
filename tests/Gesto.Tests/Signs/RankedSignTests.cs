using Gesto.Signs;

namespace Gesto.Tests.Signs;

public class RankedSignTests
{
    [Fact]
    public void Ranked_signs_come_with_their_class_ids()
    {
        var labels = new LabelSet([new(4, "A"), new(7, "NO"), new(9, "SI")]);
        Assert.Equal(
            [(9, .5f), (4, .3f)],
            RankedSign.Rank([.3f, .2f, .5f], labels, 2).Select(r => (r.Sign.Id, r.Probability))
        );
    }
}
