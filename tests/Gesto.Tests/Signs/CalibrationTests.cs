using Gesto.Signs;

namespace Gesto.Tests.Signs;

public class CalibrationTests
{
    private static readonly LabelSet Signs = new([new(1, "CASA"), new(2, "NO"), new(3, "SI")]);

    [Fact]
    public void Sharpening_a_softmax_is_the_softmax_of_scaled_logits()
    {
        double[] logits = [2, 0.5, -1];
        float[] Softmax(double scale) =>
            [.. logits.Select(l => (float)(Math.Exp(scale * l) / logits.Sum(z => Math.Exp(scale * z))))];
        Assert.All(Calibration.Sharpen(Softmax(1), 0.4).Zip(Softmax(0.4)), p => Assert.Equal(p.Second, p.First, 1e-6f));
    }

    [Fact]
    public void A_zero_probability_stays_zero_and_the_rest_sums_to_one()
    {
        float[] p = Calibration.Sharpen([0, .25f, .75f], 0.5);
        Assert.Equal(0, p[0]);
        Assert.Equal(1, p.Sum(), 1e-6f);
    }

    [Fact]
    public void Without_a_file_nothing_changes_and_with_a_broken_one_it_says_which()
    {
        using var folder = new Folder();
        Assert.Same(Calibration.None, Calibration.Load(folder.Path));
        new Calibration
        {
            Temperature = 1.7,
            UnknownBelow = 0.3,
            Samples = 9,
            FittedOn = "planted",
        }.Save(folder.Path);
        Assert.Equal(
            (1.7, 0.3, 9),
            (
                Calibration.Load(folder.Path).Temperature,
                Calibration.Load(folder.Path).UnknownBelow,
                Calibration.Load(folder.Path).Samples
            )
        );
        folder.Write(Calibration.FileName, """{"temperature": 0}""");
        Assert.Contains("temperature is 0, expected 0.01 to 100", Refused(folder), StringComparison.Ordinal);
        folder.Write(Calibration.FileName, """{"unknown_below": 1.5}""");
        Assert.Contains("unknown_below is 1.5", Refused(folder), StringComparison.Ordinal);
        folder.Write(Calibration.FileName, "{");
        Assert.Contains("not a calibration", Refused(folder), StringComparison.Ordinal);
    }

    [Fact]
    public void An_answer_below_the_threshold_is_unknown()
    {
        var calibration = new Calibration { UnknownBelow = 0.5 };
        Assert.True(calibration.IsUnknown([.4f, .3f, .3f]));
        Assert.False(calibration.IsUnknown([.5f, .3f, .2f]));
        Assert.False(Calibration.None.IsUnknown([.34f, .33f, .33f]));
    }

    [Fact]
    public void A_costly_pair_is_flagged_when_its_partner_is_near_and_only_for_the_answer()
    {
        // 0.15 of 0.15 + 0.55 = 21 %; 0.10 of 0.70 = 14 %.
        Assert.Equal("SI", CostlyPairs.Close([.3f, .55f, .15f], Signs, Costly)?.Partner);
        Assert.Null(CostlyPairs.Close([.3f, .60f, .10f], Signs, Costly));
        Assert.Null(CostlyPairs.Close([.4f, .30f, .30f], Signs, Costly)); // CASA is the answer
        ClosePair back = CostlyPairs.Close([.2f, .3f, .5f], Signs, Costly)!;
        Assert.Equal(("SI", "NO"), (back.Answer, back.Partner));
        Assert.Equal(0.375, back.PartnerShare, 6);
    }

    private static readonly (string, string)[] Costly = [("NO", "SI"), ("OCCHIO", "NASO")];

    private static string Refused(Folder folder) =>
        Assert.Throws<InvalidDataException>(() => Calibration.Load(folder.Path)).Message;
}
