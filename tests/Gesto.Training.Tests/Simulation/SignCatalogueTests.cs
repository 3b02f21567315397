using System.Numerics;
using Gesto.Signs;
using Gesto.Training.Simulation;

namespace Gesto.Training.Tests.Simulation;

public class SignCatalogueTests
{
    [Fact]
    public void Every_class_has_its_own_script_and_no_two_are_nearer_than_the_least_distance()
    {
        IReadOnlyList<SignScript> scripts = SignCatalogue.Lis126;
        Assert.Equal(LabelSet.Lis126.Classes, scripts.Select(s => s.Class));
        for (int i = 0; i < scripts.Count; i++)
        for (int j = 0; j < i; j++)
            Assert.True(
                scripts[i].Distance(scripts[j]) >= SignScript.LeastDistance,
                $"{scripts[i].Class.Name} and {scripts[j].Class.Name}: {scripts[i].Distance(scripts[j])}"
            );
    }

    [Fact]
    public void A_script_is_as_far_from_another_as_the_other_from_it()
    {
        SignScript u = Script("U"),
            v = Script("V"),
            heart = Script("CUORE");
        Assert.Equal(u.Distance(v), v.Distance(u), precision: 12);
        Assert.True(u.Distance(v) < u.Distance(heart) / 3, "U and V are neighbours, as in fingerspelling");
        Assert.Equal(0, u.Distance(u with { Class = v.Class }));
    }

    [Theory]
    [InlineData("NO", "SI")]
    [InlineData("DOMANI", "IERI")]
    [InlineData("MATTINA", "SERA")]
    public void Siblings_along_depth_differ_by_movement_towards_the_radar_alone(string first, string second)
    {
        SignScript a = Script(first),
            b = Script(second);
        Assert.Equal(a.Start, b.Start);
        Assert.Equal(a.Place, b.Place);
        Assert.Equal(1, MathF.Abs(b.Direction.Z), precision: 5);
        double depth = Enumerable.Range(0, 50).Max(i => Math.Abs(b.OffsetAt(i / 49.0).Z));
        Assert.True(depth > 0.05, $"{second} moves {depth} m in depth");
    }

    [Theory]
    [InlineData("OCCHIO", 0.26)]
    [InlineData("NASO", 0.22)]
    [InlineData("BOCCA", 0.175)]
    [InlineData("STOMACO", -0.27)]
    public void Signs_named_after_the_body_are_made_there(string name, double heightMetres) =>
        Assert.Equal(heightMetres, Script(name).Place.Y, tolerance: 0.02);

    [Fact]
    public void Letters_are_one_handed_at_one_place_and_nearly_all_still()
    {
        SignScript[] letters = [.. SignCatalogue.Lis126.Where(s => s.Class.IsLetter)];
        Assert.Equal(26, letters.Length);
        Assert.Single(letters.Select(l => l.Place).Distinct());
        Assert.All(letters, l => Assert.Equal(Hands.One, l.Hands));
        Assert.Equal(["J", "Z"], letters.Where(l => l.Amplitude > 0).Select(l => l.Class.Name));
    }

    [Fact]
    public void Every_hand_is_turned_by_unit_vectors_at_right_angles() => Assert.All(SignCatalogue.Lis126, s =>
        {
            Assert.Equal(1, s.Along.Length(), precision: 5);
            Assert.Equal(1, s.PalmNormal.Length(), precision: 5);
            Assert.Equal(0, Vector3.Dot(s.Along, s.PalmNormal), precision: 5);
        });

    private static SignScript Script(string name) => SignCatalogue.Lis126.Single(s => s.Class.Name == name);
}
