using System.Numerics;
using System.Runtime.InteropServices;
using Gesto.Radar;

namespace Gesto.Training.Simulation;

/// <summary>A 60 GHz radar with three receive antennas half a wavelength apart along x: sums the echoes of moving
/// points into beat signals. Holds work space: one per thread.</summary>
/// <remarks>Range runs linearly from one block of chirps to the next, so phase is continuous and a point that crosses
/// range bins or accelerates within the frame smears as it would; within a block an echo is the outer product of a
/// chirp vector (range and Doppler phase) and a sample vector (beat frequency). No occlusion, no multipath. Source of
/// the signal model: C. Iovescu, S. Rao, Texas Instruments white paper SPYY005.</remarks>
internal sealed class FmcwRadar
{
    public const int Antennas = 3;

    /// <summary>Blocks of chirps in a frame; the motion is asked for at their edges.</summary>
    public const int Blocks = 4;

    /// <summary>Volts at the receiver from a strength of 1 m at 1 m; puts a hand near −45 dB, the torso near
    /// −30.</summary>
    private const double VoltsPerMetre = 0.35;

    private readonly FmcwWaveform waveform;
    private readonly float[] sampleReal,
        sampleImaginary;

    public FmcwRadar(FmcwWaveform waveform)
    {
        this.waveform = waveform;
        sampleReal = new float[waveform.SamplesPerChirp];
        sampleImaginary = new float[waveform.SamplesPerChirp];
    }

    /// <summary>Time of a block edge (0…<see cref="Blocks"/>) after the frame's first chirp.</summary>
    public double EdgeSeconds(int edge) => waveform.FrameSeconds * edge / Blocks;

    /// <summary>Adds the echo of one point to a frame.</summary>
    /// <param name="edges">Positions at the <see cref="Blocks"/> + 1 block edges, metres, same frame as
    /// <paramref name="radar"/>.</param>
    /// <param name="radar">Transmitter and first antenna, metres; the radar looks along −z.</param>
    /// <param name="strength">Square root of the radar cross section, metres.</param>
    /// <param name="beat">(antennas, chirps, samples) row-major, volts.</param>
    public void AddEcho(ReadOnlySpan<Vector3> edges, Vector3 radar, float strength, Span<float> beat)
    {
        int chirps = waveform.ChirpsPerFrame,
            samples = waveform.SamplesPerChirp,
            perBlock = chirps / Blocks;
        double toPhase = 4 * Math.PI / waveform.WavelengthMetres;
        for (int block = 0; block < Blocks; block++)
        {
            double start = Range(edges[block], radar),
                end = Range(edges[block + 1], radar),
                middle = (start + end) / 2;
            if (middle >= waveform.MaxRangeMetres)
                continue; // the receiver's anti-aliasing filter takes it away
            FillSamples(2 * Math.PI * middle / waveform.RangeResolutionMetres / samples);
            Vector3 arrow = Vector3.Normalize((edges[block] + edges[block + 1]) / 2 - radar);
            double volts = VoltsPerMetre * strength * Math.Max(0, -arrow.Z) / (middle * middle);
            double step = toPhase * (end - start) / perBlock;
            for (int antenna = 0; antenna < Antennas; antenna++)
            {
                // The echo reaches antenna a earlier or later by a · λ/2 · sin(angle from straight ahead).
                double phase = toPhase * start + antenna * Math.PI * arrow.X;
                for (int chirp = 0; chirp < perBlock; chirp++)
                {
                    (double sine, double cosine) = Math.SinCos(phase + step * chirp);
                    int row = (antenna * chirps + block * perBlock + chirp) * samples;
                    AddRow(beat.Slice(row, samples), (float)(volts * cosine), (float)(volts * sine));
                }
            }
        }
    }

    private static double Range(Vector3 point, Vector3 radar)
    {
        double x = point.X - radar.X,
            y = point.Y - radar.Y,
            z = point.Z - radar.Z;
        return Math.Sqrt(x * x + y * y + z * z);
    }

    /// <summary>exp(j · step · s) by recurrence, in double so that 1,024 steps do not drift.</summary>
    private void FillSamples(double step)
    {
        (double turnImaginary, double turnReal) = Math.SinCos(step);
        // Phase counts from the middle of the chirp, where the frequency is the carrier's; counted from its start,
        // velocities would come out too high by half the bandwidth over the carrier.
        (double imaginary, double real) = Math.SinCos(-step * (sampleReal.Length - 1) / 2);
        for (int s = 0; s < sampleReal.Length; s++)
        {
            sampleReal[s] = (float)real;
            sampleImaginary[s] = (float)imaginary;
            (real, imaginary) = (
                real * turnReal - imaginary * turnImaginary,
                real * turnImaginary + imaginary * turnReal
            );
        }
    }

    private void AddRow(Span<float> row, float real, float imaginary)
    {
        Span<Vector<float>> target = MemoryMarshal.Cast<float, Vector<float>>(row);
        ReadOnlySpan<Vector<float>> re = MemoryMarshal.Cast<float, Vector<float>>(sampleReal);
        ReadOnlySpan<Vector<float>> im = MemoryMarshal.Cast<float, Vector<float>>(sampleImaginary);
        for (int v = 0; v < target.Length && v < re.Length && v < im.Length; v++)
            target[v] += re[v] * real - im[v] * imaginary;
        for (int s = target.Length * Vector<float>.Count; s < row.Length; s++)
            row[s] += sampleReal[s] * real - sampleImaginary[s] * imaginary;
    }
}
