using Gesto.Training.Models;
using static TorchSharp.torch;

namespace Gesto.Training.Tests.Models;

public class MicroDopplerCnnTests
{
    [Theory]
    [InlineData(1, 0)]
    [InlineData(3, 0)]
    [InlineData(3, 5)]
    public void A_sample_gets_the_same_rows_alone_and_between_longer_ones(int antennas, int cadences)
    {
        using var scope = NewDisposeScope();
        using MicroDopplerCnn cnn = Model(cadences, antennas);
        cnn.eval();
        int[] lengths = [7, 3, 1, 6];
        Tensor[] samples = [.. lengths.Select((n, i) => Frames((uint)i, n, antennas))];
        Tensor together = cat(samples, 0);
        Tensor rows = cnn.Encode(cnn.Scale(together, lengths), lengths);
        Assert.Equal([17, cnn.Width(antennas)], rows.shape);
        long start = 0;
        foreach (Tensor sample in samples)
        {
            float[] expected = Values(cnn.forward(sample)),
                found = Values(rows.narrow(0, start, sample.shape[0]));
            for (int i = 0; i < expected.Length; i++)
                Assert.Equal(expected[i], found[i], 1e-5f);
            start += sample.shape[0];
        }
    }

    [Theory]
    [InlineData(1, 0)]
    [InlineData(3, 5)]
    public void Every_parameter_gets_a_finite_gradient(int antennas, int cadences)
    {
        using var scope = NewDisposeScope();
        using MicroDopplerCnn cnn = Model(cadences, antennas);
        int[] lengths = [4, 6];
        Tensor rows = cnn.Encode(cnn.Scale(cat([Frames(1, 4, antennas), Frames(2, 6, antennas)], 0), lengths), lengths);
        rows.mul(tensor(FormulaTensors.Values(9, (int)rows.numel()), rows.shape)).sum().backward();
        foreach ((string name, var parameter) in cnn.named_parameters())
        {
            Assert.True(parameter.grad is not null, name);
            float largest = parameter.grad!.abs().max().item<float>();
            Assert.True(float.IsFinite(largest) && largest > 0, $"{name}: {largest}");
        }
    }

    [Fact]
    public void A_row_sees_three_frames_before_and_after_its_own_and_no_other()
    {
        using var scope = NewDisposeScope();
        // The level alone: what changes is measured against the whole sample.
        var image = new ImageCnn(channels: 1, bins: 16, dropout: 0);
        image.eval();
        FormulaTensors.Fill(image, 0.5f);
        Tensor plain = ones(11, 1, 16),
            struck = plain.clone();
        struck[5].mul_(tensor(2f));
        float[] a = Values(image.forward(plain)),
            b = Values(image.forward(struck));
        bool Differs(int row) => Enumerable.Range(0, 32).Any(f => Math.Abs(a[row * 32 + f] - b[row * 32 + f]) > 1e-6f);
        Assert.Equal([2, 3, 4, 5, 6, 7, 8], Enumerable.Range(0, 11).Where(Differs));
    }

    [Fact]
    public void The_convolution_over_rows_is_the_convolution_over_time_and_bins()
    {
        using var scope = NewDisposeScope();
        Tensor image = tensor(FormulaTensors.Values(3, 2 * 6 * 16), [6, 2, 16]); // (T, C, bins)
        var cnn = new ImageCnn(channels: 2, bins: 16, dropout: 0);
        cnn.eval();
        FormulaTensors.Fill(cnn, 0.5f);
        var state = cnn.state_dict();
        Tensor x = image.permute(1, 0, 2).unsqueeze(0); // (1, C, T, bins)
        foreach (int layer in new[] { 0, 1, 2 })
        {
            // (C', 9·C): bin before, now and after; in each the frame before, now and after; in each C channels.
            Tensor weight = state[$"convolutions.{layer}.weight"];
            Tensor kernel = weight.view(weight.shape[0], 3, 3, -1).permute(0, 3, 2, 1).contiguous();
            x = nn.functional.conv2d(x, kernel, padding: [1, 1]);
            x = x.div(tensor(1f + 1e-5f).sqrt()); // untrained batch norm: mean 0, variance 1
            x = x.mul(state[$"norms.{layer}.weight"].view(1, -1, 1, 1))
                .add(state[$"norms.{layer}.bias"].view(1, -1, 1, 1));
            x = nn.functional.max_pool2d(x, [1, 2]).relu();
        }
        Tensor expected = nn
            .functional.linear(x.squeeze(0).permute(1, 0, 2).flatten(1), state["linear.weight"], state["linear.bias"])
            .relu();
        float[] e = Values(expected),
            f = Values(cnn.forward(image));
        for (int i = 0; i < e.Length; i++)
            Assert.Equal(e[i], f[i], 1e-4f);
    }

    [Fact]
    public void Memory_that_others_left_full_of_NaN_never_reaches_a_row_or_a_gradient()
    {
        using var scope = NewDisposeScope();
        using MicroDopplerCnn cnn = Model(0);
        Tensor frames = cat([Frames(1, 40, 3), Frames(2, 30, 3)], 0);
        for (int i = 0; i < 20; i++)
        {
            using var step = NewDisposeScope();
            foreach (int size in new[] { 200, 20_000, 400_000 })
            foreach (Tensor left in Enumerable.Range(0, 8).Select(_ => full([size], float.NaN)).ToArray())
                left.Dispose();
            Tensor rows = cnn.Encode(cnn.Scale(frames, [40, 30]), [40, 30]);
            Assert.True(float.IsFinite(rows.sum().item<float>()));
            cnn.zero_grad();
            rows.sum().backward();
            Assert.All(cnn.named_parameters(), p =>
                Assert.True(float.IsFinite(p.parameter.grad!.sum().item<float>()), p.name)
            );
        }
    }

    [Fact]
    public void An_echo_is_found_in_its_doppler_bin_of_one_image_and_its_range_bin_of_the_other()
    {
        using var scope = NewDisposeScope();
        Tensor frames = zeros(2, 1, 8, 16);
        frames[1, 0, 5, 3] = tensor(40f);
        var options = new RadarImageOptions { Alone = true, Bins = 16 };
        Tensor images = RadarImages.From(frames, [2], options);
        Assert.Equal([2, 1, 4, 16], images.shape);
        // Range averaged over 8 rows: log(1 + 40/8) in Doppler bin 3; Doppler averaged over 16: range row 5 is bins 10
        // and 11 of 16.
        Assert.Equal(MathF.Log(6), images[1, 0, 0, 3].item<float>(), 1e-5f);
        Assert.Equal(MathF.Log(3.5f), images[1, 0, 2, 10].item<float>(), 1e-5f);
        Assert.Equal(MathF.Log(3.5f), images[1, 0, 2, 11].item<float>(), 1e-5f);
        // The change: half of it up in one frame, half of it down in the other.
        Assert.Equal(MathF.Log(6) / 2, images[1, 0, options.Change, 3].item<float>(), 1e-5f);
        Assert.Equal(-MathF.Log(6) / 2, images[0, 0, options.Change, 3].item<float>(), 1e-5f);
        // Nothing else lights up.
        // levels + |changes|, both images
        float everything = 3 * MathF.Log(3.5f) * 2 - MathF.Log(3.5f) * 2 + 2 * MathF.Log(6);
        Assert.Equal(everything, images.abs().sum().item<float>(), 1e-4f);
    }

    [Fact]
    public void Other_antennas_come_in_as_mean_difference_and_product()
    {
        using var scope = NewDisposeScope();
        var options = new RadarImageOptions
        {
            Axes = [RadarImageAxis.Range],
            Values = RadarUnit.Logarithmic,
            Bins = 8,
        };
        Tensor frames = stack([full(1, 8, 1, 2f), full(1, 8, 1, 5f), full(1, 8, 1, 9f)], 1);
        Tensor images = RadarImages.From(frames, [1], options);
        float[] own = Values(images[0, .., 0, 4]),
            difference = Values(images[0, .., 1, 4]),
            product = Values(images[0, .., 2, 4]);
        Assert.Equal([2, 5, 9], own);
        Assert.Equal([(3 + 7) / 2f, (3 + 4) / 2f, (7 + 4) / 2f], difference);
        Assert.Equal([2 * (5 + 9) / 2f, 5 * (2 + 9) / 2f, 9 * (2 + 5) / 2f], product);
    }

    [Fact]
    public void Decibels_become_amplitudes_relative_to_the_samples_median_so_gain_does_not_count()
    {
        using var scope = NewDisposeScope();
        var options = new RadarImageOptions
        {
            Axes = [RadarImageAxis.Range],
            Values = RadarUnit.Decibels,
            Alone = true,
            Bins = 8,
        };
        Tensor frames = zeros(3, 1, 8, 1);
        frames[0, 0, 2, 0] = tensor(20f);
        Tensor images = RadarImages.From(frames, [3], options),
            louder = RadarImages.From(frames - 37, [3], options);
        Assert.Equal(MathF.Log(1 + 10), images[0, 0, 0, 2].item<float>(), 1e-5f); // 20 dB is 10 times the amplitude
        Assert.Equal(MathF.Log(2), images[1, 0, 0, 5].item<float>(), 1e-5f);
        float[] expected = Values(images),
            found = Values(louder);
        for (int i = 0; i < expected.Length; i++)
            Assert.Equal(expected[i], found[i], 1e-4f);
    }

    [Fact]
    public void A_standing_room_leaves_images_of_what_moves_as_they_are()
    {
        using var scope = NewDisposeScope();
        var options = new RadarImageOptions { RemoveStatic = true, Bins = 16 };
        Tensor empty = Frames(1, 5, 2),
            furnished = empty + Frames(2, 1, 2) * 5;
        float[] expected = Values(RadarImages.From(empty, [5], options)),
            found = Values(RadarImages.From(furnished, [5], options));
        for (int i = 0; i < expected.Length; i++)
            Assert.Equal(expected[i], found[i], 1e-4f);
    }

    /// <summary>Each bin's logarithm: maps that were made logarithmic before say the same, and a reflector a thousand
    /// times stronger hides nothing.</summary>
    [Fact]
    public void With_the_logarithm_first_strong_echoes_count_as_one_bin()
    {
        using var scope = NewDisposeScope();
        Tensor frames = Frames(1, 5, 2).abs();
        var first = new RadarImageOptions
        {
            RemoveStatic = true,
            StaticToo = true,
            Bins = 16,
            LogarithmFirst = true,
        };
        float[] expected = Values(
            RadarImages.From(frames.log1p(), [5], first with { Values = RadarUnit.Logarithmic, LogarithmFirst = false })
        );
        float[] found = Values(RadarImages.From(frames, [5], first));
        for (int i = 0; i < expected.Length; i++)
            Assert.Equal(expected[i], found[i], 1e-5f);

        var alone = new RadarImageOptions
        {
            Axes = [RadarImageAxis.Doppler],
            Alone = true,
            Bins = 8,
        };
        Tensor hand = zeros(2, 1, 8, 8),
            fan = zeros(2, 1, 8, 8);
        hand[1, 0, 2, 3] = tensor(9f);
        fan[.., 0, 7, 3] = tensor(9000f);
        Assert.InRange(Swing(alone), 0, 1e-3f);
        Assert.Equal(MathF.Log(10) / 8, Swing(alone with { LogarithmFirst = true }), 1e-5f);

        float Swing(RadarImageOptions options)
        {
            Tensor level = RadarImages.From(hand + fan, [2], options)[.., 0, 0, 3];
            return (level[1] - level[0]).item<float>();
        }
    }

    [Fact]
    public void Beside_what_moves_stands_the_whole_echo()
    {
        using var scope = NewDisposeScope();
        Tensor frames = Frames(1, 5, 3);
        Tensor moving = RadarImages.From(frames, [5], new RadarImageOptions { RemoveStatic = true, Bins = 16 });
        Tensor whole = RadarImages.From(frames, [5], new RadarImageOptions { Bins = 16 });
        Tensor both = RadarImages.From(
            frames,
            [5],
            new RadarImageOptions
            {
                RemoveStatic = true,
                StaticToo = true,
                Bins = 16,
            }
        );
        for (int image = 0; image < 2; image++)
        {
            Assert.Equal(Values(moving.narrow(2, 6 * image, 6)), Values(both.narrow(2, 12 * image, 6)));
            Assert.Equal(Values(whole.narrow(2, 6 * image, 6)), Values(both.narrow(2, 12 * image + 6, 6)));
        }
    }

    [Fact]
    public void An_antenna_alone_has_no_channels_for_others()
    {
        using var scope = NewDisposeScope();
        Tensor three = Frames(1, 5, 3),
            one = three.narrow(1, 0, 1);
        var several = new RadarImageOptions { Bins = 16 };
        Tensor all = RadarImages.From(three, [5], several),
            own = RadarImages.From(one, [5], several with { Alone = true });
        Assert.Equal([5, 1, 4, 16], own.shape);
        for (int c = 0; c < 4; c++)
            foreach (
                (float expected, float found) in Values(all.narrow(1, 0, 1).select(2, 3 * c))
                    .Zip(Values(own.select(2, c)))
            )
                Assert.Equal(expected, found, 1e-5f);
        Assert.Throws<ArgumentException>(() => RadarImages.From(one, [5], several));
        Assert.Throws<ArgumentException>(() => RadarImages.From(three, [5], several with { Alone = true }));
    }

    [Theory]
    [InlineData(20)]
    [InlineData(30)]
    public void A_swinging_bin_shows_at_its_cadence_with_its_amplitude(int length)
    {
        using var scope = NewDisposeScope();
        // 3 / (2 · 10) cycles a frame is cadence 3 of 10; 20 frames hold 3 whole cycles, 30 hold 4.5.
        float[] values = [.. Enumerable.Range(0, length).Select(t => 4 * MathF.Cos(2 * MathF.PI * 3 / 20 * t + 0.7f))];
        float[] amplitudes = Values(RadarImages.Cadence(tensor(values, [length, 1, 1]), 10));
        Assert.Equal(2, Array.IndexOf(amplitudes, amplitudes.Max()));
        Assert.Equal(4, amplitudes[2], length == 20 ? 1e-4f : 0.4f);
    }

    [Fact]
    public void Measured_channels_have_mean_0_and_deviation_1_and_a_constant_one_stays_finite()
    {
        using var scope = NewDisposeScope();
        foreach (bool still in new[] { false, true })
        {
            using MicroDopplerCnn cnn = Model(0, antennas: 1);
            Tensor first = Frames(1, 4, 1),
                second = Frames(2, 9, 1);
            if (still)
                (first, second) = (first[..1].expand_as(first), second[..1].expand_as(second));
            cnn.Measure([first, second]);
            Tensor scaled = cnn.Scale(cat([first, second], 0), [4, 9]); // (13, 1, 4, 16)
            float[] mean = Values(scaled.mean([0, 1, 3])),
                spread = Values(scaled.std([0, 1, 3], unbiased: false));
            for (int c = 0; c < 4; c++)
            {
                Assert.Equal(0, mean[c], 1e-4f);
                Assert.Equal(still && c % 2 == 1 ? 0 : 1, spread[c], 1e-4f); // where nothing moves, nothing changes
            }
        }
    }

    private static MicroDopplerCnn Model(int cadences, int antennas = 3)
    {
        manual_seed(1);
        return new MicroDopplerCnn(new RadarImageOptions { Alone = antennas == 1, Bins = 16 }, cadences, dropout: 0);
    }

    private static Tensor Frames(uint seed, int length, int antennas) =>
        tensor(
            [.. FormulaTensors.Values(seed, length * antennas * 8 * 16).Select(v => 3 + 3 * v)],
            [length, antennas, 8, 16]
        );

    private static float[] Values(Tensor tensor) => tensor.contiguous().data<float>().ToArray();
}
