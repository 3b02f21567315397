using System.Numerics;
using Gesto.Signs;

namespace Gesto.Training.Simulation;

/// <summary>The 26 letters: one hand before the shoulder, told apart by handshape; a few turn or move.</summary>
internal static class FingerAlphabet
{
    public static SignScript Script(SignClass sign, Vector3 place)
    {
        char letter = sign.Name[0];
        Handshape shape = Handshape.Table[
            letter switch
            {
                'J' => "I",
                'P' => "K",
                'Q' => "G",
                'Z' => "G",
                _ => sign.Name,
            }
        ];
        (Vector3 along, Vector3 palm) = SignCatalogue.Orthonormal(
            letter switch
            {
                'G' or 'H' => (new Vector3(1f, 0.15f, 0.2f), new Vector3(0f, 0f, -1f)),
                'P' => (new Vector3(0.4f, -0.15f, 0.9f), new Vector3(0f, -1f, 0f)),
                'Q' => (new Vector3(0.3f, -0.9f, 0.3f), new Vector3(0f, 0f, -1f)),
                'C' or 'O' => (Vector3.UnitY, new Vector3(0.8f, 0f, 0.6f)),
                _ => (Vector3.UnitY, Vector3.UnitZ),
            }
        );
        (Movement movement, Vector3 direction, Vector3 across, float amplitude) = letter switch
        {
            'J' => (Movement.Arc, -Vector3.UnitY, -Vector3.UnitX, 0.10f),
            'Z' => (Movement.ZigZag, -Vector3.UnitY, Vector3.UnitX, 0.12f),
            _ => (Movement.Still, Vector3.UnitX, Vector3.UnitY, 0f),
        };
        return new SignScript(
            sign,
            shape,
            shape,
            place,
            along,
            palm,
            movement,
            direction,
            across,
            amplitude,
            Repetitions: 1,
            Twist: 0,
            Wiggle: 0,
            Hands.One
        );
    }
}
