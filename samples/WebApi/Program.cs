// Names the sign in the files of an upload: POST /predict, a form with the files of one recording.
// Start it with --bundle BUNDLE.gesto.
using Gesto;

var builder = WebApplication.CreateBuilder(args);
string bundle = builder.Configuration["bundle"] ?? throw new InvalidOperationException("Start it with --bundle FILE.");

// One for all requests: it is thread-safe. The container disposes it.
builder.Services.AddSingleton(_ => Recogniser.Load(bundle));
var app = builder.Build();
app.Services.GetRequiredService<Recogniser>(); // a broken bundle ends the program, not the first request

app.MapPost("/predict", async (IFormFileCollection files, Recogniser recogniser, CancellationToken cancel) =>
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory();
        try
        {
            foreach (IFormFile file in files)
            {
                // The name tells what a file holds; a path in it must not lead elsewhere.
                string name = Path.GetFileName(file.FileName);
                await using FileStream to = File.Create(Path.Combine(folder.FullName, name));
                await file.CopyToAsync(to, cancel);
            }
            Prediction p = await recogniser.PredictAsync(Recording.FromFolder(folder.FullName), cancel);
            return Results.Ok(
                new
                {
                    p.IsUnknown,
                    p.Best,
                    p.Ranked,
                }
            );
        }
        catch (Exception e) when (e is IOException or InvalidDataException)
        {
            return Results.Problem(e.Message, statusCode: StatusCodes.Status422UnprocessableEntity);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    })
    .DisableAntiforgery(); // for programs, not for forms of a page

app.Run();
