// Where the phone is, or why it does not say. A clock never waits for it to be known.
export const LONGEST_MS = 12_000;

const PROBLEMS = { 1: "denied", 2: "unavailable", 3: "timeout" };

export function findPlace() {
  if (!navigator.geolocation) return Promise.resolve({ position_problem: "unavailable" });
  return new Promise((resolve) => {
    navigator.geolocation.getCurrentPosition(
      ({ coords }) =>
        resolve({ position: { latitude: coords.latitude, longitude: coords.longitude, accuracy: coords.accuracy } }),
      (error) => resolve({ position_problem: PROBLEMS[error.code] || "unavailable" }),
      { enableHighAccuracy: true, timeout: LONGEST_MS - 2_000, maximumAge: 30_000 },
    );
  });
}
