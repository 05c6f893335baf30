"""Grid world: a walker on slippery ground learns from rewards alone, with a table or with a network.

The ground: 6x6 places, some of them walls, one pit, one goal.  Each step costs 0.01, the goal pays 1, the pit costs 1.
In one step of ten the walker slips and goes in a random direction.

Sources:
    C. Watkins, Learning from Delayed Rewards, PhD thesis, Cambridge (1989): the table.
    V. Mnih et al., Human-level control through deep reinforcement learning, Nature 518 (2015),
    https://doi.org/10.1038/nature14236: the network with a memory of past steps and a slow copy of itself.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from examples.recorder import Run

SIZE = 6
WALLS = {(1, 1), (1, 2), (3, 3), (3, 4), (4, 1), (2, 4)}
START, GOAL, PIT = (0, 0), (5, 5), (2, 2)
MOVES = [(0, 1), (0, -1), (1, 0), (-1, 0)]
"""Right, left, down, up."""
SLIP = 0.1
"""Share of steps that go in a random direction."""
LONGEST = 60
"""Steps after which an episode ends."""
EPISODES = 400
"""Episodes to learn from, the same for table and network."""
N_TEST = 500
"""Episodes that a finished walker is judged by."""
DISCOUNT = 0.97
"""How much a reward one step later is worth."""

Policy = Callable[[int], int]
"""Says for each place (its number, row by row) which move to make."""


# --8<-- [start:world]
def step(place: int, move: int, chance: np.random.Generator) -> tuple[int, float, bool]:
    """Make one move.

    Returns:
        The place it led to, the reward, and whether the episode is over.
    """
    if chance.random() < SLIP:
        move = int(chance.integers(4))
    return follow(place, move)


def follow(place: int, move: int) -> tuple[int, float, bool]:
    """Say where a move leads if nobody slips; walls and edges leave the walker where it is."""
    row, column = divmod(place, SIZE)
    new = row + MOVES[move][0], column + MOVES[move][1]
    if not (0 <= new[0] < SIZE and 0 <= new[1] < SIZE) or new in WALLS:
        new = row, column
    reward = 1.0 if new == GOAL else -1.0 if new == PIT else -0.01
    return new[0] * SIZE + new[1], reward, new in (GOAL, PIT)


def walk(policy: Policy, chance: np.random.Generator, episodes: int = N_TEST) -> float:
    """Return the mean sum of rewards of a finished policy over fresh episodes."""
    total = 0.0
    for _ in range(episodes):
        place = START[0] * SIZE + START[1]
        for _ in range(LONGEST):
            place, reward, over = step(place, policy(place), chance)
            total += reward
            if over:
                break
    return total / episodes


# --8<-- [end:world]


# --8<-- [start:iteration]
def value_iteration(rounds: int = 200) -> np.ndarray:
    """Compute the best moves from the rules of the world, which a learner is never told.

    Returns:
        What each move in each place is worth, shape `(36, 4)`.
    """
    worth = np.zeros((SIZE * SIZE, 4))
    for _ in range(rounds):
        best = worth.max(axis=1)
        for place in range(SIZE * SIZE):
            outcomes = [follow(place, move) for move in range(4)]
            values = np.array([reward + (0 if over else DISCOUNT * best[new]) for new, reward, over in outcomes])
            worth[place] = (1 - SLIP) * values + SLIP * values.mean()
    return worth


# --8<-- [end:iteration]


def curious(episode: int, episodes: int) -> float:
    """Say how often the learner tries a random move: always at first, one in twenty from two fifths of the way on."""
    return max(0.05, 1 - episode / (0.4 * episodes))


# --8<-- [start:table]
def q_table(
    chance: np.random.Generator, episodes: int = EPISODES, watch: Callable[[int, float], None] | None = None
) -> np.ndarray:
    """Learn a table of what each move in each place is worth, by trial and error.

    Args:
        chance: Decides slips and random moves.
        episodes: How many walks to learn from.
        watch: Told after each episode its number and the sum of its rewards.

    Returns:
        Shape `(36, 4)`.
    """
    table = np.zeros((SIZE * SIZE, 4))
    for episode in range(episodes):
        place, total = 0, 0.0
        for _ in range(LONGEST):
            tries = chance.random() < curious(episode, episodes)
            move = int(chance.integers(4)) if tries else int(table[place].argmax())
            new, reward, over = step(place, move, chance)
            target = reward + (0 if over else DISCOUNT * table[new].max())
            table[place, move] += 0.2 * (target - table[place, move])  # the surprise, and a fifth of it is believed
            place, total = new, total + reward
            if over:
                break
        if watch:
            watch(episode + 1, total)
    return table


# --8<-- [end:table]


# --8<-- [start:network]
def q_network(
    chance: np.random.Generator,
    seed: int,
    episodes: int = EPISODES,
    watch: Callable[[int, float], None] | None = None,
) -> np.ndarray:
    """Learn the same with a network of one hidden layer in place of the table.

    Every fourth step it learns from 64 remembered steps; what a move is worth is judged by a copy of the network that
    is renewed every 400 steps.

    Returns:
        What the network says each move in each place is worth, shape `(36, 4)`.
    """
    import torch  # noqa: PLC0415 - only this learner needs it
    from torch import nn  # noqa: PLC0415

    torch.manual_seed(seed)

    def make() -> nn.Module:
        return nn.Sequential(nn.Linear(SIZE * SIZE, 64), nn.ReLU(), nn.Linear(64, 4))

    model, slow = make(), make()
    slow.load_state_dict(model.state_dict())
    optimiser = torch.optim.Adam(model.parameters(), lr=0.002)
    places = torch.eye(SIZE * SIZE)
    memory: list[tuple[int, int, float, int, bool]] = []
    for episode in range(episodes):
        place, total = 0, 0.0
        for _ in range(LONGEST):
            if chance.random() < curious(episode, episodes):
                move = int(chance.integers(4))
            else:
                with torch.no_grad():
                    move = int(model(places[place]).argmax())
            new, reward, over = step(place, move, chance)
            memory.append((place, move, reward, new, over))
            place, total = new, total + reward
            if len(memory) > 200 and len(memory) % 4 == 0:
                recent = chance.integers(max(0, len(memory) - 5000), len(memory), 64)
                were, moves, rewards, news, overs = (
                    torch.tensor(c) for c in zip(*[memory[i] for i in recent], strict=True)
                )
                with torch.no_grad():
                    target = rewards.float() + DISCOUNT * slow(places[news]).max(1).values * (~overs)
                guess = model(places[were]).gather(1, moves[:, None])[:, 0]
                loss = nn.functional.smooth_l1_loss(guess, target)
                optimiser.zero_grad()
                loss.backward()
                optimiser.step()
            if len(memory) % 400 == 0:
                slow.load_state_dict(model.state_dict())
            if over:
                break
        if watch:
            watch(episode + 1, total)
    with torch.no_grad():
        worth: np.ndarray = model(places).double().numpy()
    return worth


# --8<-- [end:network]


# --8<-- [start:measure]
def measure(run: Run, way: str) -> Any:
    """Let one walker learn, or not, and judge what it has become by fresh episodes.

    Args:
        run: Takes the results.
        way: `random` tries nothing, `table` and `network` learn, `rules` is told how the world works.

    Returns:
        What each move in each place is worth to it, shape `(36, 4)`; nothing for `random`.
    """
    chance = np.random.default_rng([21, run.seed])
    episodes = run.config.get("episodes", EPISODES)
    walks: list[float] = []

    def watch(episode: int, total: float) -> None:
        walks.append(total)
        if episode % 20 == 0:
            run.log({"walk_return": float(np.mean(walks[-20:]))}, step=episode)

    with run.timer("train_s"):
        if way == "table":
            worth = q_table(chance, episodes, watch)
        elif way == "network":
            worth = q_network(chance, run.seed, episodes, watch)
        else:
            worth = value_iteration() if way == "rules" else None
    fresh = np.random.default_rng([22, run.seed])
    if worth is None:
        blind = np.random.default_rng([23, run.seed])
        run.summary["mean_return"] = walk(lambda _: int(blind.integers(4)), fresh)
    else:
        moves = worth.argmax(axis=1)
        run.summary["mean_return"] = walk(lambda place: int(moves[place]), fresh)
    run.summary["n_episodes"] = episodes if way in ("table", "network") else 0
    run.summary["n_numbers"] = {"table": 144, "network": 36 * 64 + 64 + 64 * 4 + 4}.get(way, 0)
    run.summary["n_places"] = SIZE * SIZE
    return worth


# --8<-- [end:measure]


# --8<-- [start:draw]
def draw(worth: np.ndarray) -> Any:
    """Draw the ground with what each place is worth and the move a walker makes there.

    Returns:
        A matplotlib figure.
    """
    from matplotlib.figure import Figure  # noqa: PLC0415

    figure = Figure(figsize=(4.2, 4.2), layout="constrained")
    axes = figure.subplots()
    best = worth.max(axis=1).reshape(SIZE, SIZE).copy()
    for wall in WALLS:
        best[wall] = np.nan
    best[GOAL], best[PIT] = 1.0, -1.0
    axes.imshow(best, cmap="cividis", vmin=-1, vmax=1)
    for place in range(SIZE * SIZE):
        row, column = divmod(place, SIZE)
        ink = "black" if best[row, column] > 0.3 else "white"
        if (row, column) in WALLS:
            axes.text(column, row, "wall", ha="center", va="center", fontsize=9, color="black")
        elif (row, column) in (GOAL, PIT):
            axes.text(column, row, "goal" if (row, column) == GOAL else "pit", ha="center", va="center", color=ink)
        else:
            axes.text(column, row, "→←↓↑"[int(worth[place].argmax())], ha="center", va="center", fontsize=16, color=ink)
    axes.set(xticks=[], yticks=[])
    return figure


# --8<-- [end:draw]
